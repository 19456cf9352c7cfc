"""Accounts: who asks, with which token, and what is kept of them for how long."""
