"""Webhooks: the addresses, what is delivered to them, and how a delivery is signed and attempted."""
