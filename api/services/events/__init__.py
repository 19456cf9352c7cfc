"""What happened to an account, for webhooks and reminders: events of facts, of steps and of time."""
