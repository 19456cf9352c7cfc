"""HTTP's terms without a web framework: problem types, entity tags, idempotency keys, scopes, rate limits."""
