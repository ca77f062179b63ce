"""Pre-trains the encoder by masked language modelling.

    python training/corpus.py DATA CORPUS
    python training/pretrain.py CORPUS RUN [--tokens 300e6]

Goes on from RUN/checkpoint.pt if there is one.  Writes RUN/log.jsonl and, at the end, RUN/encoder.pt.
The same seed and the same number of threads give the same run on the same machine.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from network import (
    CLS,
    FIRST_WORD,
    MASK,
    PIECES,
    SEP,
    Encoder,
    WordHead,
    new_table,
    parameter_groups,
)
from torch import Tensor, nn

Ids = np.ndarray[Any, np.dtype[np.int64]]

SHARES = {"wikipedia": 0.48, "books": 0.16, "modern": 0.27, "commands": 0.06, "home": 0.03}
HELD_OUT = 200_000  # ids at each source's end
SAMPLED = 2048
# Rows and length of a batch.  Attention is found after some thousand steps, whatever a step's size: small ones come first.
SMALL, LARGE = (64, 64), (256, 64)
SMALL_PART = 0.15
LONG, LONG_EVERY = (64, 256), 10  # one batch in ten is of long rows, so that every place is learned


class Corpus:
    """Rows of ids from several sources, each as often as its share says."""

    def __init__(self, folder: Path, shares: Mapping[str, float]) -> None:
        self.sources = {
            name: np.memmap(folder / f"{name}.ids", dtype=np.uint16, mode="r") for name in shares
        }
        self.names = list(shares)
        self.shares = np.array([shares[n] for n in self.names]) / sum(shares.values())

    def rows(
        self, count: int, length: int, r: np.random.Generator, held_out: str | None = None
    ) -> Ids:
        out = np.empty((count, length), np.int64)
        which = r.choice(len(self.names), count, p=self.shares)
        for i, name in enumerate(self.names):
            mine = (
                np.flatnonzero(which == i)
                if held_out is None
                else np.arange(count if name == held_out else 0)
            )
            ids = self.sources[name]
            keep = min(HELD_OUT, len(ids) // 10)
            low, high = (len(ids) - keep, len(ids)) if held_out else (0, len(ids) - keep)
            starts = r.integers(low, high - length, len(mine))
            out[mine] = ids[starts[:, None] + np.arange(length)]
        out[:, 0] = CLS
        return out

    def frequencies(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        total = np.zeros(PIECES)
        for name, share in zip(self.names, self.shares):
            counts = np.bincount(self.sources[name][:20_000_000], minlength=PIECES)
            total += share * counts / counts.sum()
        return total


def masked(rows: Ids, count: int, r: np.random.Generator) -> tuple[Ids, Ids]:
    """Rows with count places hidden (8 of 10 by [MASK], 1 by any piece), and the places."""
    chance = np.asarray(r.random(rows.shape))
    chance[(rows == CLS) | (rows == SEP)] += 1  # last
    places = np.argpartition(chance, count, axis=1)[:, :count]
    kind = r.random(places.shape)
    new = np.where(kind < 0.8, MASK, np.take_along_axis(rows, places, 1))
    new = np.where(kind >= 0.9, r.integers(FIRST_WORD, PIECES, places.shape), new)
    noisy = rows.copy()
    np.put_along_axis(noisy, places, new, 1)
    return noisy, places


def sampled_loss(
    hidden: Tensor, table: Tensor, bias: Tensor, targets: Tensor, drawn: Tensor, correction: Tensor
) -> Tensor:
    """Cross entropy over the target and the drawn pieces, corrected for how often each is drawn."""
    wrong = hidden @ table[drawn].T + (bias[drawn] - correction[drawn])
    wrong = wrong.masked_fill(drawn[None, :] == targets[:, None], -1e9)
    right = (hidden * table[targets]).sum(1) + bias[targets] - correction[targets]
    return (torch.logsumexp(torch.cat([right[:, None], wrong], 1), 1) - right).mean()


def rate_at(part: float, peak: float) -> float:
    """A short rise, then a straight fall."""
    return peak * min(part / 0.02, (1 - part) / 0.98 + 0.005)


class Trainer:
    def __init__(
        self, encoder: Encoder, head: WordHead, corpus: Corpus, bf16: bool, compiled: bool
    ) -> None:
        self.encoder, self.head, self.corpus, self.bf16 = encoder, head, corpus, bf16
        # Some of the draws are even over the vocabulary, or the rarest pieces would never be told that they are rare.
        chances = torch.from_numpy(corpus.frequencies() ** 0.75).float()
        self.chances = 0.8 * chances / chances.sum() + 0.2 / PIECES
        self.correction = torch.log(self.chances * SAMPLED)
        self.sampled = torch.compile(self._sampled, dynamic=False) if compiled else self._sampled

    def _hidden(self, ids: Tensor, places: Tensor) -> Tensor:
        hidden: Tensor = self.head(self.encoder(ids, wanted=places))
        return hidden.reshape(-1, hidden.shape[-1])

    def _sampled(self, ids: Tensor, places: Tensor, targets: Tensor, drawn: Tensor) -> Tensor:
        return sampled_loss(
            self._hidden(ids, places),
            self.encoder.table,
            self.head.bias,
            targets,
            drawn,
            self.correction,
        )

    def loss(self, rows: Ids, r: np.random.Generator, share: float) -> Tensor:
        noisy, places = masked(rows, max(1, int(share * rows.shape[1])), r)
        ids, at = torch.from_numpy(noisy), torch.from_numpy(places)
        targets = torch.from_numpy(np.take_along_axis(rows, places, 1)).reshape(-1)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            drawn = torch.multinomial(self.chances, SAMPLED, replacement=True)
            return self.sampled(ids, at, targets, drawn)

    @torch.no_grad()
    def evaluate(self, source: str) -> dict[str, float]:
        r = np.random.default_rng(7)
        rows = self.corpus.rows(512, 64, r, held_out=source)
        noisy, places = masked(rows, 10, r)
        self.encoder.eval()
        hidden = self._hidden(torch.from_numpy(noisy), torch.from_numpy(places))
        self.encoder.train()
        logits = hidden @ self.encoder.table.T + self.head.bias
        targets = torch.from_numpy(np.take_along_axis(rows, places, 1)).reshape(-1)
        best = logits.topk(5, 1).indices == targets[:, None]
        return {
            f"{source} loss": round(float(nn.functional.cross_entropy(logits, targets)), 4),
            f"{source} top1": round(float(best[:, 0].float().mean()), 4),
            f"{source} top5": round(float(best.any(1).float().mean()), 4),
        }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--tokens", type=float, default=300e6)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--heads", type=int, default=2)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--masked", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", dest="start", type=Path, help="an encoder.pt to begin with")
    parser.add_argument("--no-bf16", action="store_true")
    parser.add_argument("--no-compile", action="store_true")
    args = parser.parse_args()
    args.run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    corpus = Corpus(args.corpus, SHARES)
    encoder = Encoder(new_table(args.hidden), args.layers, args.heads)
    head = WordHead(args.hidden)
    if args.start:
        state = torch.load(args.start, weights_only=True)
        encoder.load_state_dict(state["encoder"])
        head.load_state_dict(state["head"])
    else:
        head.bias.data = torch.from_numpy(np.log(corpus.frequencies() + 1e-7)).float()
    trainer = Trainer(encoder, head, corpus, not args.no_bf16, not args.no_compile)
    optimiser = torch.optim.AdamW(
        parameter_groups([encoder, head]), lr=args.rate, betas=(0.9, 0.98), eps=1e-6, fused=True
    )
    tokens, step, spent = 0.0, 0, 0.0
    checkpoint = args.run / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        encoder.load_state_dict(state["encoder"])
        head.load_state_dict(state["head"])
        optimiser.load_state_dict(state["optimiser"])
        tokens, step, spent = state["tokens"], state["step"], state["spent"]
    log = (args.run / "log.jsonl").open("a")
    begun, losses = time.monotonic() - spent, 0.0
    parameters = [*encoder.parameters(), *head.parameters()]

    def save() -> None:
        state = {
            "encoder": encoder.state_dict(),
            "head": head.state_dict(),
            "optimiser": optimiser.state_dict(),
        }
        torch.save(
            state | {"tokens": tokens, "step": step, "spent": time.monotonic() - begun},
            checkpoint.with_suffix(".new"),
        )
        os.replace(checkpoint.with_suffix(".new"), checkpoint)

    while tokens < args.tokens:
        r = np.random.default_rng((args.seed, step))
        torch.manual_seed(args.seed * 1_000_003 + step)
        small = tokens < SMALL_PART * args.tokens
        rows = corpus.rows(*(SMALL if small else LONG if step % LONG_EVERY == 0 else LARGE), r)
        for group in optimiser.param_groups:
            group["lr"] = rate_at(tokens / args.tokens, args.rate)
        loss = trainer.loss(rows, r, args.masked)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        tokens += rows.size
        step += 1
        losses += float(loss.detach())
        if not math.isfinite(losses):
            raise RuntimeError(f"the loss is {losses} at step {step}")
        if step % 500 == 0:
            line: dict[str, float] = {
                "step": step,
                "tokens": tokens,
                "train": round(losses / 500, 4),
                "seconds": round(time.monotonic() - begun),
            }
            if step % 2000 == 0:
                line |= trainer.evaluate("wikipedia") | trainer.evaluate("modern")
                save()
            losses = 0.0
            log.write(json.dumps(line) + "\n")
            log.flush()
    save()
    torch.save(
        {"encoder": encoder.state_dict(), "head": head.state_dict()}, args.run / "encoder.pt"
    )
    log.write(
        json.dumps(
            {
                "step": step,
                "tokens": tokens,
                **trainer.evaluate("wikipedia"),
                **trainer.evaluate("modern"),
            }
        )
        + "\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
