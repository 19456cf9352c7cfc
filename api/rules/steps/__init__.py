"""The seven steps, one file each: when it opens, when it is due and what completes it."""
