"""Accounts: users, tokens and authentication, password resets, the audit log, export, retention and erasure."""
