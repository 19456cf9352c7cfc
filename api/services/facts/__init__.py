"""Facts that users record: a write validates the fact, stores it, and judges the affected steps."""
