"""The words: letters made from what was noted. Pure like the rules: the standard library, and what is handed in."""
