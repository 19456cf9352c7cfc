"""Texts made of what was recorded: letters, cards, messages to references."""
