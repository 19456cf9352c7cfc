"""The words: letters made from what was noted. Pure like the rules; of others' work they know Jinja's parser alone."""
