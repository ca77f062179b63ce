"""Pre-train BERT-Lite's encoder by masked language modelling.

    python training/corpus.py DATA CORPUS
    python training/pretrain.py CORPUS RUN --tokens 600e6 [--until decay]

Resumes from RUN/checkpoint.pt if there is one.  The rate rises, stays and falls at the end;
`--until stay` stops before the fall, so that a later run can go on with more tokens.  Writes
RUN/log.jsonl, and at the end RUN/model, a Hugging Face folder.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import BertConfig, BertForMaskedLM

CLS, SEP, MASK, FIRST_WORD = 101, 102, 103, 999
SHARES = {"wikipedia": 0.45, "books": 0.12, "modern": 0.28, "commands": 0.15}
HELD_OUT = 200_000  # ids at each source's end
SAMPLED = 4096


def config(layers: int, hidden: int) -> BertConfig:
    return BertConfig(
        vocab_size=30522,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=max(1, hidden // 32 if hidden == 64 else hidden // 64),
        intermediate_size=4 * hidden,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        max_position_embeddings=512,
    )


class Corpus:
    """Rows of ids from several sources, each as often as its share says."""

    def __init__(self, folder: Path, length: int) -> None:
        self.sources = {name: np.memmap(folder / f"{name}.ids", dtype=np.uint16, mode="r") for name in SHARES}
        self.length = length
        continues = [line.startswith("##") for line in (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")[:30522]]
        self.continues = np.array(continues)

    def rows(self, count: int, r: np.random.Generator, held_out: bool = False) -> np.ndarray[Any, Any]:
        names = r.choice(list(SHARES), count, p=list(SHARES.values())) if not held_out else np.array(["wikipedia"] * count)
        out = np.empty((count, self.length), np.int64)
        for i, name in enumerate(names):
            ids = self.sources[name]
            keep = min(HELD_OUT, len(ids) // 10)
            low, high = (len(ids) - keep, len(ids)) if held_out else (0, len(ids) - keep)
            at = int(r.integers(low, high - self.length))
            out[i] = ids[at : at + self.length]
        out[:, 0] = CLS
        return out

    def mask(self, rows: np.ndarray[Any, Any], r: np.random.Generator, share: float) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Rows with whole words masked (8 of 10 by [MASK], 1 by any piece), and where."""
        starts = ~self.continues[rows]
        word = np.cumsum(starts, axis=1)
        chosen = r.random((rows.shape[0], rows.shape[1] + 1)) < share
        masked = np.take_along_axis(chosen, word, axis=1) & (rows != SEP) & (rows != CLS)
        kind = r.random(rows.shape)
        noisy = np.where(masked & (kind < 0.8), MASK, rows)
        noisy = np.where(masked & (kind >= 0.9), r.integers(FIRST_WORD, 30522, rows.shape), noisy)
        return noisy, masked

    def frequencies(self) -> np.ndarray[Any, Any]:
        total = np.zeros(30522)
        for name, share in SHARES.items():
            counts = np.bincount(self.sources[name][:20_000_000], minlength=30522)
            total += share * counts / counts.sum()
        return total


def sampled_loss(hidden: torch.Tensor, table: torch.Tensor, bias: torch.Tensor, targets: torch.Tensor, chances: torch.Tensor) -> torch.Tensor:
    """Cross entropy over the target and sampled pieces, corrected for how often each is sampled."""
    drawn = torch.multinomial(chances, SAMPLED, replacement=True)
    expected = torch.log(chances * SAMPLED)
    wrong = hidden @ table[drawn].T + bias[drawn] - expected[drawn]
    wrong = wrong.masked_fill(drawn[None, :] == targets[:, None], -1e9)
    right = (hidden * table[targets]).sum(1) + bias[targets] - expected[targets]
    return nn.functional.cross_entropy(torch.cat([right[:, None], wrong], 1), torch.zeros_like(targets))


def rate_at(tokens: float, total: float, peak: float, decay: float) -> float:
    warm = 0.01 * total
    if tokens < warm:
        return peak * tokens / warm
    fall = (1 - decay) * total
    return peak if tokens < fall else peak * max(0.02, (total - tokens) / (decay * total))


def evaluate(model: BertForMaskedLM, corpus: Corpus) -> dict[str, float]:
    r = np.random.default_rng(7)
    rows = corpus.rows(512, r, held_out=True)
    noisy, masked = corpus.mask(rows, r, 0.15)
    model.eval()
    with torch.no_grad():
        hidden = model.bert(input_ids=torch.from_numpy(noisy)).last_hidden_state[torch.from_numpy(masked)]
        logits = model.cls(hidden)
        targets = torch.from_numpy(rows[masked])
        best = logits.topk(5, 1).indices == targets[:, None]
        loss = nn.functional.cross_entropy(logits, targets)
    model.train()
    return {"loss": round(float(loss), 4), "top1": round(float(best[:, 0].float().mean()), 4), "top5": round(float(best.any(1).float().mean()), 4)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--tokens", type=float, default=600e6)
    parser.add_argument("--until", choices=("stay", "decay"), default="decay")
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--length", type=int, default=64)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--decay", type=float, default=0.25, help="the share of the tokens during which the rate falls")
    parser.add_argument("--masked", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    corpus = Corpus(args.corpus, args.length)
    model = BertForMaskedLM(config(args.layers, args.hidden))
    model.train()
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim < 2]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}], lr=args.rate, betas=(0.9, 0.98), eps=1e-6
    )
    chances = torch.from_numpy(corpus.frequencies() ** 0.75 + 1e-9).float()
    chances /= chances.sum()
    tokens, step, spent = 0.0, 0, 0.0
    checkpoint = args.run / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        tokens, step, spent = state["tokens"], state["step"], state["spent"]
    log = (args.run / "log.jsonl").open("a")
    end = args.tokens * (1 - args.decay) if args.until == "stay" else args.tokens
    begun, losses = time.monotonic() - spent, 0.0

    def save() -> None:
        state = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "tokens": tokens, "step": step, "spent": time.monotonic() - begun}
        torch.save(state, checkpoint.with_suffix(".new"))
        os.replace(checkpoint.with_suffix(".new"), checkpoint)

    while tokens < end:
        r = np.random.default_rng((args.seed, step))
        rows = corpus.rows(args.batch, r)
        noisy, masked = corpus.mask(rows, r, args.masked)
        where = torch.from_numpy(masked)
        targets = torch.from_numpy(rows)[where]
        hidden = model.bert(input_ids=torch.from_numpy(noisy)).last_hidden_state[where]
        if tokens < 0.9 * args.tokens:
            hidden = model.cls.predictions.transform(hidden)
            loss = sampled_loss(hidden, model.bert.embeddings.word_embeddings.weight, model.cls.predictions.bias, targets, chances)
        else:
            loss = nn.functional.cross_entropy(model.cls(hidden), targets)
        for group in optimiser.param_groups:
            group["lr"] = rate_at(tokens, args.tokens, args.rate, args.decay)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        tokens += rows.size
        step += 1
        losses += float(loss.detach())
        if not math.isfinite(losses):
            raise RuntimeError(f"the loss is {losses} at step {step}")
        if step % 500 == 0:
            line = {
                "step": step,
                "tokens": tokens,
                "train": round(losses / 500, 4),
                "rate": round(optimiser.param_groups[0]["lr"], 6),
                "seconds": round(time.monotonic() - begun),
            }
            if step % 2000 == 0:
                line |= evaluate(model, corpus)
            losses = 0.0
            log.write(json.dumps(line) + "\n")
            log.flush()
            save()
    save()
    model.save_pretrained(args.run / "model")
    log.write(json.dumps({"step": step, "tokens": tokens, "end": True, **evaluate(model, corpus)}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
