"""What models are for: one file per kind of answer; base.py says what all have in common."""
