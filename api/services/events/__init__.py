"""Events: what happened to an account's data, and who is told."""
