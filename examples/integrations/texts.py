"""What the examples here share: made-up requests, and how many of them a second."""

import sys
import time

WHAT = ("turn on", "switch off", "dim", "how bright is", "order", "where did I put", "who made")
WHICH = ("the lamp", "the heating", "a pizza", "my keys", "this song", "the garden door", "the fan")
WHERE = ("in the kitchen", "upstairs", "for tonight", "by the window", "before we leave", "again")


def requests(count: int = 20000) -> list[str]:
    """Texts, all different; the first argument of the program says how many."""
    if len(sys.argv) > 1:
        count = int(sys.argv[1])
    return [
        f"{WHAT[i % 7]} {WHICH[i // 7 % 7]} {WHERE[i // 49 % 6]} {i // 294 or ''}".strip()
        for i in range(count)
    ]


class Timed:
    """Prints how many rows a second the block took: with Timed("embedded", len(texts)): ..."""

    def __init__(self, what: str, rows: int) -> None:
        self.what, self.rows = what, rows

    def __enter__(self) -> None:
        self.start = time.perf_counter()

    def __exit__(self, *error: object) -> None:
        print(f"{self.what}: {self.rows / (time.perf_counter() - self.start):,.0f} rows a second")
