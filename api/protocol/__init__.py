"""The vocabulary of HTTP without HTTP: problem types, entity tags, idempotency keys, scopes, rate limits."""
