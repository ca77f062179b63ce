"""What vectors in fewer bits cost: python bench/vectors.py DATA_FOLDER

On STS-B (validation): Spearman's correlation of similarity and people's score, times 100. In
search: of pairs that people score 4 or more, the first text searches for the second among all
texts of the similarity sets; hit@1 and hit@10 say how often it is found, and "same 10" how many of
the ten best that floats find are found. DATA_FOLDER has similarity/*/*.jsonl.xz, with "text_a",
"text_b" and "score" in each line. Ranges for int8 come from 1,000 other texts.
"""

from __future__ import annotations

import json
import lzma
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np

from bertlite_fast import SentenceTransformer
from bertlite_fast.util import quantize_embeddings
from training.release.statistics import spearman

Make = Callable[[Any], Any]
BITS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(axis=1)


def read(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    with lzma.open(folder / f"{name}.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def unit(rows: Any) -> Any:
    rows = rows.astype(np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def products(a: Any, b: Any) -> Any:
    return unit(a) @ unit(b).T


def same_bits(a: Any, b: Any) -> Any:
    return -np.stack([BITS[row ^ b].sum(axis=1) for row in a]).astype(np.float32)


def kinds(model: SentenceTransformer, others: list[str]) -> dict[str, tuple[Make, Any, int]]:
    """By name: from floats to what is kept, scores of two such, and bytes a vector takes."""
    width = model.get_embedding_dimension()
    ranges = model.encode(others)

    def symmetric(rows: Any) -> Any:
        return np.clip(np.rint(rows * 127), -127, 127).astype(np.int8)

    def levels(rows: Any) -> Any:
        return quantize_embeddings(rows, "int8", calibration_embeddings=ranges)

    def bits(rows: Any) -> Any:
        return quantize_embeddings(rows, "ubinary")

    return {
        "float32": (lambda rows: rows, products, 4 * width),
        "int8, times 127": (symmetric, products, width),
        "int8, by ranges": (levels, products, width),
        "binary": (bits, same_bits, width // 8),
        "first half, float32": (lambda rows: rows[:, : width // 2], products, 2 * width),
        "first half, int8": (lambda rows: symmetric(unit(rows[:, : width // 2])), products,
                             width // 2),
    }  # fmt: skip


def best(scores: Any, k: int) -> Any:
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1]) / "similarity"
    judged = list(read(folder / "stsb_en", "validation"))
    train = list(read(folder / "stsb_en", "train"))
    more = list(read(folder / "semeval_sts_2012_16", "train"))
    model = SentenceTransformer()
    gold = [row["score"] for row in judged]
    asked = [row for row in judged if row["score"] >= 4 and row["text_a"] != row["text_b"]]
    corpus = sorted({row["text_b"] for row in [*judged, *more]})
    where = {text: i for i, text in enumerate(corpus)}
    wanted = np.array([where[row["text_b"]] for row in asked])
    first, second = (model.encode([row[key] for row in judged]) for key in ("text_a", "text_b"))
    queries, rows = model.encode([row["text_a"] for row in asked]), model.encode(corpus)
    print(f"{len(judged)} pairs; {len(asked)} questions, {len(corpus)} texts")
    print(f"{'':20} bytes  STS-B  hit@1  hit@10  same 10")
    expected = None
    for name, (make, scores, size) in kinds(model, [row["text_a"] for row in train[:1000]]).items():
        pairs = [float(scores(make(a[None]), make(b[None]))[0, 0]) for a, b in zip(first, second)]
        found = best(scores(make(queries), make(rows)), 10)
        expected = found if expected is None else expected
        same = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, expected)])
        hits = found == wanted[:, None]
        print(f"{name:20} {size:5} {spearman(pairs, gold):6.2f} "
              f"{100 * hits[:, 0].mean():6.1f} {100 * hits.any(axis=1).mean():7.1f} "
              f"{100 * same:8.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
