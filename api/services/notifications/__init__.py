"""Mails that people want: the digest of what is due, and reminders."""
