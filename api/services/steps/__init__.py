"""Steps out: the stored steps, judged on write and read by index."""
