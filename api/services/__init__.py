"""Verbs that span tables: plain functions of a session. They raise `api.errors` and know nothing of HTTP."""
