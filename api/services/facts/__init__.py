"""Facts in: what the user records, validated and written, each followed by the judgement of its steps."""
