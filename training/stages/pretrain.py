"""Pre-trains the encoder by masked language modeling.

Goes on from RUN/base/checkpoint.pt if there is one.  The same seed and the same number of threads
give the same run on the same machine.
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..data.corpus import Corpus, Ids
from ..model import checkpoints
from ..model.network import WordHead, new_encoder
from ..model.steps import optimizer_for, rate_at
from ..recipe import Recipe
from ..tasks.masking import SampledSoftmax, log_frequencies, mask_words
from .run import Run


class WordModel:
    """An encoder and its word head, and what they make of rows of the corpus."""

    def __init__(self, corpus: Corpus, recipe: Recipe) -> None:
        self.recipe, self.numbers, self.corpus = recipe, recipe.pretraining, corpus
        self.encoder, self.head = new_encoder(recipe.shape), WordHead(recipe.shape)
        self.head.bias.data = log_frequencies(corpus.frequencies(), recipe.masking)
        sampled = recipe.masking.pretraining_sampled
        self.softmax = SampledSoftmax(corpus, sampled, recipe.masking)
        self.compiled: Any = self._sampled_loss
        if self.numbers.compiled:
            self.compiled = torch.compile(self._sampled_loss, dynamic=False)

    def _hidden(self, ids: Tensor, positions: Tensor) -> Tensor:
        hidden: Tensor = self.head(self.encoder(ids, wanted=positions))
        return hidden.reshape(-1, hidden.shape[-1])

    def _sampled_loss(self, ids: Tensor, at: Tensor, targets: Tensor, drawn: Tensor) -> Tensor:
        hidden = self._hidden(ids, at)
        return self.softmax.loss(hidden, self.encoder.table, self.head.bias, targets, drawn)

    def _masked(
        self, rows: Ids, count: int, r: np.random.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Ids with masks, their positions, and what was there."""
        vocabulary = self.corpus.vocabulary
        noisy, positions = mask_words(rows, count, r, vocabulary, self.recipe.masking)
        targets = torch.from_numpy(np.take_along_axis(rows, positions, 1)).reshape(-1)
        return torch.from_numpy(noisy), torch.from_numpy(positions), targets

    def loss(self, rows: Ids, r: np.random.Generator) -> Tensor:
        count = max(1, int(self.numbers.masked * rows.shape[1]))
        ids, at, targets = self._masked(rows, count, r)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.numbers.bf16):
            loss: Tensor = self.compiled(ids, at, targets, self.softmax.draw())
        return loss

    @torch.no_grad()
    def evaluate(self, source: str) -> dict[str, float]:
        """Loss and accuracy on the end of a source, by the full softmax."""
        r = np.random.default_rng(self.numbers.evaluation_seed)
        rows = self.corpus.rows(*self.numbers.evaluated, r, held_out=source)
        ids, at, targets = self._masked(rows, self.numbers.evaluated_masked, r)
        self.encoder.eval()
        hidden = self._hidden(ids, at)
        self.encoder.train()
        logits = hidden @ self.encoder.table.T + self.head.bias
        best = logits.topk(5, 1).indices == targets[:, None]
        return {
            f"{source} loss": float(nn.functional.cross_entropy(logits, targets)),
            f"{source} top1": float(best[:, 0].float().mean()),
            f"{source} top5": float(best.any(1).float().mean()),
        }


class Pretrainer:
    """Steps of pre-training that can be interrupted after any step."""

    def __init__(self, run: Run) -> None:
        self.run, recipe = run, run.recipe
        self.numbers = recipe.pretraining
        torch.manual_seed(self.numbers.seed)
        vocabulary = recipe.shape.vocabulary
        corpus = Corpus(run.corpus, self.numbers.shares, vocabulary, recipe.masking)
        self.model = WordModel(corpus, recipe)
        modules: list[nn.Module] = [self.model.encoder, self.model.head]
        self.optimizer, _ = optimizer_for(modules, self.numbers.rate, recipe.optimizer)
        self.parameters = [p for m in modules for p in m.parameters()]
        self.checkpoint = run.base_file.with_name("checkpoint.pt")
        self.tokens, self.step, self.spent = 0.0, 0, 0.0
        if self.checkpoint.exists():
            self._restore()
        self.begun = time.monotonic() - self.spent

    def _state(self) -> dict[str, Any]:
        encoder, head = self.model.encoder.state_dict(), self.model.head.state_dict()
        return {"encoder": encoder, "head": head}

    def _restore(self) -> None:
        state = checkpoints.load(self.checkpoint)
        self.model.encoder.load_state_dict(state["encoder"])
        self.model.head.load_state_dict(state["head"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.tokens, self.step, self.spent = state["tokens"], state["step"], state["spent"]

    def _save(self) -> None:
        progress = {
            "optimizer": self.optimizer.state_dict(),
            "tokens": self.tokens,
            "step": self.step,
            "spent": time.monotonic() - self.begun,
        }
        checkpoints.save(self._state() | progress, self.checkpoint)

    def _batch(self, r: np.random.Generator) -> Ids:
        numbers = self.numbers
        shape = numbers.long_batch if self.step % numbers.long_every == 0 else numbers.large_batch
        if self.tokens < numbers.small_share * numbers.tokens:
            shape = numbers.small_batch
        return self.model.corpus.rows(*shape, r)

    def _step(self) -> float:
        """A step, whose random numbers depend on the seed and its number alone; its loss."""
        numbers = self.numbers
        r = np.random.default_rng((numbers.seed, self.step))
        torch.manual_seed(numbers.seed * 1_000_003 + self.step)
        rows = self._batch(r)
        part = self.tokens / numbers.tokens
        for group in self.optimizer.param_groups:
            group["lr"] = numbers.rate * rate_at(part, numbers.rise, numbers.floor)
        loss = self.model.loss(rows, r)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters, self.run.recipe.optimizer.clip)
        self.optimizer.step()
        self.tokens += rows.size
        self.step += 1
        found = float(loss.detach())
        if not math.isfinite(found):
            raise RuntimeError(f"the loss is {found} at step {self.step}; expected a number.")
        return found

    def _log(self, **what: float) -> None:
        self.run.log(stage="pretrain", step=self.step, tokens=self.tokens, **what)

    def _evaluate(self) -> dict[str, float]:
        return {**self.model.evaluate("wikipedia"), **self.model.evaluate("modern")}

    def train(self) -> None:
        losses, every = 0.0, self.numbers.log_every
        while self.tokens < self.numbers.tokens:
            losses += self._step()
            if self.step % every == 0:
                found = {"train": losses / every}
                losses = 0.0
                if self.step % self.numbers.save_every == 0:
                    found |= self._evaluate()
                    self._save()
                self._log(**found)
        checkpoints.save(self._state(), self.run.base_file)
        self._log(**self._evaluate())


def pretrain(run: Run) -> None:
    Pretrainer(run).train()
