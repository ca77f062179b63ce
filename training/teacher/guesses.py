"""Masked words in single sentences, guessed by the teacher, for the small model to learn from.

all-MiniLM-L6-v2 was trained for sentences' vectors.  With the head of BertForMaskedLM on its own
table it is tuned on the texts of pre-training, and finds twice what the small model does;
bertlite_fast itself then says, in int8, what may be in the gaps of single sentences.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import BertForMaskedLM

from bertlite_fast import AutoModelForMaskedLM, Tokenizer
from bertlite_fast.files import AtomicFile

from ..data.corpus import Corpus
from ..data.held_out import is_held_out_or_close
from ..data.home import singles, singles_at_home
from ..data.sets import Data
from ..model.batches import Row
from ..model.steps import run_steps
from ..tasks.masking import log_frequencies, make_gaps, mask_words
from . import minilm

Say = Callable[[str], None]
Ids = np.ndarray[Any, np.dtype[np.uint16]]
Guess = tuple[Any, Any, Any, Any]  # ids, positions of gaps, likeliest words, probabilities


def rows_of(tokenizer: Tokenizer, data: Data) -> list[Row]:
    """All single sentences; a row's target is how many rounds it gets."""
    numbers = data.recipe.guesses
    rounds = dict.fromkeys(singles(data), numbers.rounds)
    rounds |= dict.fromkeys(singles_at_home(data), numbers.home_rounds)
    longest = data.recipe.singles.longest
    rows = tokenizer(list(rounds), truncation=True, max_length=longest)["input_ids"]
    return [
        Row(np.asarray(ids, np.uint16), count)
        for ids, count in zip(rows, rounds.values())
        if len(ids) >= data.recipe.singles.shortest
    ]


def tune(corpus: Corpus, data: Data, out: Path, say: Say) -> None:
    recipe, numbers = data.recipe, data.recipe.guesses
    torch.manual_seed(recipe.seed)
    r = np.random.default_rng(recipe.seed)
    model: Any = BertForMaskedLM.from_pretrained(minilm.folder(data))
    bias = log_frequencies(corpus.frequencies(), recipe.masking)
    model.cls.predictions.decoder.bias.data = bias
    # The table is among the body's parameters, though the head uses it too.
    body = {id(p): p for p in model.bert.parameters()}
    head = [p for p in model.cls.parameters() if id(p) not in body]
    groups = [
        {"params": list(body.values()), "lr": numbers.rate},
        {"params": head, "lr": numbers.head_rate},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=numbers.decay, fused=recipe.optimizer.fused)

    def loss(_: int) -> Tensor:
        ids = corpus.rows(*numbers.batch, r)
        noisy, positions = mask_words(ids, numbers.masked, r, corpus.vocabulary, recipe.masking)
        at = torch.from_numpy(positions)
        targets = torch.from_numpy(np.take_along_axis(ids, positions, 1))
        hidden = model.bert(torch.from_numpy(noisy)).last_hidden_state
        hidden = hidden.gather(1, at[:, :, None].expand(-1, -1, hidden.shape[2])).flatten(0, 1)
        return F.cross_entropy(model.cls(hidden).float(), targets.flatten())

    def log(step: int, average: float) -> None:
        say(f"words: {step} of {numbers.steps}, loss {average:.4f}")

    parameters = [*body.values(), *head]
    every = numbers.tuning_log_every
    run_steps(optimizer, parameters, numbers.steps, loss, log, every, recipe.optimizer)
    minilm.save(model, out, data)


class Guesser:
    """Guesses in the gaps of a sentence, round by round.

    A round's sentence is the one before with words drawn from what was guessed there, so few
    sentences become many.
    """

    def __init__(self, folder: Path, tokenizer: Tokenizer, data: Data) -> None:
        self.model: Any = AutoModelForMaskedLM.from_pretrained(str(folder))
        self.tokenizer, self.recipe = tokenizer, data.recipe
        # A word is drawn for a word, a continuation for a continuation, and nothing for grammar.
        first = data.recipe.masking.first_content
        self.kinds = np.array(
            [
                0 if i < first else 2 if token.startswith("##") else 1
                for i, token in enumerate(tokenizer.convert_ids_to_tokens(range(len(tokenizer))))
            ]
        )

    def rounds(self, row: Row, r: np.random.Generator) -> list[Guess]:
        found = []
        ids = row.ids
        for turn in range(row.target):
            if turn % self.recipe.guesses.rounds == 0:  # or the sentences would stray too far
                ids = row.ids
            gaps, words, probabilities = self._guess(ids, r)
            found.append(
                (
                    ids,
                    gaps.astype(np.uint8),
                    words.astype(np.uint16),
                    probabilities.astype(np.float16),
                )
            )
            drawn = self._filled(ids, gaps, words, probabilities, r)
            text = self.tokenizer.decode(drawn.tolist(), skip_special_tokens=True)
            if not is_held_out_or_close(text):
                ids = drawn
        return found

    def _guess(self, ids: Ids, r: np.random.Generator) -> tuple[Any, Any, Any]:
        """Positions of gaps, and the likeliest words of each with their probabilities."""
        likeliest = self.recipe.guesses.likeliest
        rows = torch.from_numpy(ids.astype(np.int64))[None]
        noisy, positions = make_gaps(rows, r, self.recipe.masking)
        gaps = positions[0].numpy()
        found = self.model([noisy[0].tolist()], positions=gaps.tolist())
        logits = np.asarray(found.logits).reshape(len(gaps), -1)
        words = np.argpartition(-logits, likeliest, axis=1)[:, :likeliest]
        weights = np.exp(np.take_along_axis(logits, words, 1) - logits.max(1, keepdims=True))
        return gaps, words, weights / weights.sum(1, keepdims=True)

    def _filled(
        self, ids: Ids, gaps: Any, words: Any, probabilities: Any, r: np.random.Generator
    ) -> Ids:
        drawn = ids.copy()
        for position, choices, weights in zip(gaps, words, probabilities):
            kinds = self.kinds[choices]
            is_fitting = (kinds == self.kinds[ids[position]]) & (kinds > 0)
            fitting = weights**self.recipe.guesses.sharpness * is_fitting
            if fitting.sum() > 0:
                drawn[position] = r.choice(choices, p=fitting / fitting.sum())
        return drawn


def guess(guesser: Guesser, rows: list[Row], data: Data, say: Say) -> list[Guess]:
    found: list[list[Guess]] = [[] for _ in rows]

    def work(at: int) -> None:
        found[at] = guesser.rounds(rows[at], np.random.default_rng((data.recipe.seed, at)))
        if at % data.recipe.guesses.log_every == 0:
            say(f"words: {at} of {len(rows)} sentences guessed")

    minilm.in_threads(work, range(len(rows)), data.recipe.teacher.threads)
    return [one for row in found for one in row]


def write_guesses(
    tokenizer: Tokenizer, data: Data, corpus_folder: Path, out: Path, say: Say
) -> None:
    """Sentences, the positions of their gaps, and the likeliest words of each."""
    folder = out / "words"
    if not (folder / "config.json").exists():
        shares, vocabulary = data.recipe.guesses.shares, data.recipe.shape.vocabulary
        tune(Corpus(corpus_folder, shares, vocabulary, data.recipe.masking), data, folder, say)
    rows = rows_of(tokenizer, data)
    found = guess(Guesser(folder, tokenizer, data), rows, data, say)
    with AtomicFile(out / "guesses.npz") as file:
        np.savez(
            file,
            ids=np.concatenate([ids for ids, *_ in found]),
            lengths=np.array([len(ids) for ids, *_ in found], np.uint8),
            positions=np.concatenate([gaps for _, gaps, *_ in found]),
            counts=np.array([len(gaps) for _, gaps, *_ in found], np.uint8),
            likeliest=np.concatenate([words for *_, words, _ in found]),
            probabilities=np.concatenate([p for *_, p in found]),
        )
