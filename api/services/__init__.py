"""Verbs that span tables: functions of a session. They raise `api.errors` and know nothing of HTTP."""
