"""The operations, as functions of a session or of a database. They raise the errors of `api.errors`.

They import no web framework. From `api.protocol` they import HTTP's terms: entity tags, idempotency keys and scopes.
"""
