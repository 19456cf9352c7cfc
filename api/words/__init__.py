"""Texts for users: letters, cards and messages, built from facts without database, clock or HTTP."""
