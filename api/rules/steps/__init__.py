"""The seven steps, one file each: what opens it, when it is due, what completes it."""
