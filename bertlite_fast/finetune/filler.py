"""WordFiller: the words that stand at masks, learned from plain texts."""

from __future__ import annotations

import os
from random import Random

from .._training import Texts, shuffled
from ..errors import InputError
from .examples import texts_of
from .learner import Learner, Lesson
from .tables import column, is_path, read_text, rows_of, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._training import Trainer
    from ..tokenizer import Tokenizer
    from .start import Start

HIDDEN = 15  # percent of the word pieces
COPIES = 4  # of the texts, each with other words hidden
EVERY = 7  # evaluate() asks for one in so many words
TEXTS = ("text", "sentence", "content")


class WordFiller(Learner):
    """Learns a language's words from texts: of the words in 100, 15 are hidden, and guessed.

    fit() takes texts: a list, a table or data set with a column of texts, or a file with a text on
    each line. An epoch is COPIES times all texts, with other words hidden each time.

    The table of words stays as it is, so the file is a delta file. base: None for the embedded
    model of masked words. Other settings are those of TokenTagger.

    >>> texts = ["the lamp is red", "the lamp is blue"] * 8
    >>> filler = WordFiller(epochs=1).fit(texts)
    >>> len(filler.predict(["the [MASK] is red"])[0])
    5
    """

    _trainable = ("encoder", "head")
    _task = "fill-mask"
    _embedded = "base"
    _rate, _dropout, _max_length = 5e-4, 0.0, 64

    def _lesson(self, start: Start, X: Any, y: Any, validation: Any) -> Lesson:
        if start.model.info["head"] != "masked-lm":
            raise InputError("the base has no head for masked words; give one that has.")
        length = self._length(start)
        own = _windows(start.tokenizer, _texts(X), length)
        other = [] if validation is None else _windows(start.tokenizer, _texts(validation), length)
        if not own:
            raise InputError("there are no words to learn from; give texts.")
        learned, held_out = self._held_out(len(own), validation is not None)
        train = [own[i] for i in learned] * COPIES
        rest = [own[i] for i in held_out] + other
        hidden = [
            _hidden(row, start, self._seed() * 1_000_003 + i) for i, row in enumerate(train + rest)
        ]
        texts = Texts([ids for ids, _ in hidden])
        texts.set_token_labels([labels for _, labels in hidden])
        rows = range(len(train), len(hidden))

        def score(trainer: Trainer) -> float:
            return -self._loss(trainer, texts, rows)

        return Lesson(
            texts, range(len(train)), score=score if len(rows) else None, with_head=False,
            options={"head": "word", "labels": int(start.model.info["vocabulary"])},
            examples=[own, rest], config=start.config_as("MaskedLM"),
        )  # fmt: skip

    def predict(self, X: Any) -> list[list[str]]:
        """For each text with one mask the five likeliest words."""
        pipe = self.to_pipeline()
        return [[found["token_str"] for found in pipe(text)] for text in texts_of(X)]

    def evaluate(self, X: Any, y: Any = None) -> dict[str, Any]:
        """How often the word that was hidden is the first guess, and among the first five; one in
        seven words is asked for, if it is one word piece."""
        pipe = self.to_pipeline()
        tokenizer = pipe.tokenizer
        first = five = asked = 0
        for text in _texts(X):
            words = text.split()
            for at in range(len(text) % EVERY, len(words), EVERY):
                wanted = tokenizer(words[at], add_special_tokens=False)["input_ids"]
                if len(wanted) != 1 or words[at] == tokenizer.mask_token:
                    continue
                given = " ".join([*words[:at], tokenizer.mask_token, *words[at + 1 :]])
                found = [answer["token"] for answer in pipe(given)]
                if found and isinstance(found[0], int):
                    asked += 1
                    first += found[0] == wanted[0]
                    five += wanted[0] in found
        return {"accuracy": first / max(1, asked), "first_five": five / max(1, asked),
                "words": asked}  # fmt: skip

    def score(self, X: Any, y: Any = None) -> float:
        """The share of hidden words that are among the first five guesses."""
        return float(self.evaluate(X)["first_five"])


def _texts(data: Any) -> list[str]:
    if is_path(data):
        name = os.fspath(data)
        if not name.lower().endswith((".csv", ".tsv", ".jsonl", ".ndjson", ".json")):
            return [line.strip() for line in read_text(name).splitlines() if line.strip()]
    elif isinstance(data, (list, tuple)) and not (data and isinstance(data[0], dict)):
        return [text for text in texts_of(data) if text.strip()]
    rows = rows_of(data)
    text = column(rows, TEXTS, "the texts")
    return [value(row, text, str, "a text") for row in rows]


def _windows(tokenizer: Tokenizer, texts: list[str], length: int) -> list[list[int]]:
    """Ids of the texts; long ones in parts."""
    found = []
    for text in texts:
        encoded = tokenizer(
            text, truncation=True, max_length=length, return_overflowing_tokens=True
        )
        rows = encoded["input_ids"]
        found += [row for row in rows if len(row) > 2]
    return found


def _hidden(row: list[int], start: Any, seed: int) -> tuple[list[int], list[int]]:
    """A row with some of its tokens hidden, and labels of these: of ten that are chosen, eight
    become masks, one another word, and one stays."""
    special = set(start.tokenizer.all_special_ids)
    places = [i for i, token in enumerate(row) if token not in special]
    count = max(1, len(places) * HIDDEN // 100)
    ids, labels = list(row), [-1] * len(row)
    size = int(start.model.info["vocabulary"])
    for n, i in enumerate(shuffled(len(places), seed)[:count]):
        at = places[i]
        labels[at] = row[at]
        kind, *_ = shuffled(10, seed * 31 + n)
        if kind < 8:
            ids[at] = start.tokenizer.mask_token_id
        elif kind == 8:
            ids[at] = int(Random(seed * 31 + n).random() * size)
    return ids, labels
