"""Work outside requests: the task that sends mail, and judging all accounts in several processes."""
