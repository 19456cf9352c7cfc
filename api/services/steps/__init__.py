"""Steps: judged when a fact is written, stored as rows, read by index."""
