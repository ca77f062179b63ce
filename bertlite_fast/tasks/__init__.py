"""Tasks, one file each. base.py: what all have in common; embedder.py: those on vectors."""
