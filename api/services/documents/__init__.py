"""Documents made from recorded facts: letters, cards, messages to references."""
