"""The HTTP layer: server, middleware and admission, and the helpers that endpoints share."""
