"""The kinds of rows of each kind of task, by their numbers."""

CLASSES = ("own", "made", "unlabeled", "validation")
TOKENS = ("gold", "plain", "validation")
ANSWERS = ("real", "made", "read", "asked", "validation")
WORDS = ("sentences", "home", "everyday", "text")
# Pairs and triples are rows that stand behind one another.
VECTORS = (
    "sentences", "phrases", "labels", "named", "names", "pairs", "triples",
    "scored pairs", "scored triples",
)  # fmt: skip
