"""The kinds of rows of each kind of task, by their numbers."""

CLASSES = ("own", "made", "unlabeled", "validation")
TOKENS = ("gold", "plain", "validation")
ANSWERS = ("real", "made", "read", "asked", "validation")
