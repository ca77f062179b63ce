"""TokenTagger: a tag for each word, names and other entities, learned from examples."""

from __future__ import annotations

from .._training import Texts
from ..errors import InputError, warn
from . import tags
from .learner import Learner, Lesson, split
from .tagged import tagged_of, words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .._training import Trainer
    from ..tokenizer import Tokenizer
    from .report import Answer
    from .start import Start
    from .tagged import Tagged

    # where each word's first token is: (window, place in it), or None
    Places = list[list[tuple[int, int] | None]]

CONTINUING = "##"
SHORTEST_WINDOW = 48  # tokens in which longer texts are read, unless the examples are longer
SHARED = 4  # neighboring windows share one of so many tokens in training, and half when read
SHOWN = 5
AROUND = 6  # words on both sides of a mistake


class TokenTagger(Learner):
    """Learns tags of words: names in B- and I-, parts of speech, slots of commands.

    fit() takes rows of words and their tags: lists of both; pairs of (words, tags), a table or a
    data set with a column of each; or a file (CoNLL, JSON lines).

    base: the model to begin with; None: the embedded one for names. trained: "encoder" (all layers
    and the head; the file is a delta file), "head", or "all" (the words' table too). epochs,
    batch_size, learning_rate, max_length (tokens of a window; longer rows are read in windows),
    dropout: None for the recipe's. patience: epochs without a better score on the validation set,
    or on a tenth of the examples held out, after which training ends. threads: None for all; the
    result does not depend on it, only on random_state. deterministic: False allows arithmetic that
    differs from one kind of processor to another, and is faster.

    >>> words = [["go", "to", "Paris"], ["ask", "Ann"], ["Ann", "likes", "Rome"]] * 4
    >>> tags = [["O", "O", "B-LOC"], ["O", "B-PER"], ["B-PER", "O", "B-LOC"]] * 4
    >>> tagger = TokenTagger(epochs=20).fit(words, tags)
    >>> tagger.predict([["Ann", "left", "Paris"]])
    [['B-PER', 'O', 'B-LOC']]
    """

    labels_: list[str]
    _task = "token-classification"
    _embedded = "ner"
    _has_labels = True
    _rate = 2e-3

    def _lesson(self, start: Start, X: Any, y: Any, validation: Any) -> Lesson:
        words, wanted = tagged_of(X, y)
        labels = _labels(wanted)
        length = self._length(start)
        own = _Rows(start.tokenizer, words, wanted, labels, length)
        if not own.ids:
            raise InputError("no row has a word that can be read; give rows of words.")
        other = None
        if validation is not None:
            given: Tagged = split(tagged_of, validation)
            other = _Rows(start.tokenizer, *given, labels, length)
        learned, held_out = self._held_out(len(own.ids), other is not None)
        texts = own.texts()
        texts_of_other = None if other is None else other.texts()

        def score(trainer: Trainer) -> float:
            if other is not None and texts_of_other is not None:
                return other.score(trainer.best(texts_of_other), labels)
            best: list[list[int]] = [[] for _ in own.ids]
            for row, found in zip(held_out, trainer.best(texts, held_out)):
                best[row] = found
            return own.score(best, labels)

        window = max(SHORTEST_WINDOW, min(length, texts.longest))
        window = min(window, int(start.model.info["positions"]))
        return Lesson(
            texts, learned, score=score if held_out or other else None,
            options={"head": "token", "labels": len(labels)}, found={"labels_": labels},
            examples=[own.ids, own.tags, labels, other and (other.ids, other.tags)],
            config=start.config_as(
                "TokenClassification", labels, window=window, window_overlap=window // 2,
                aggregation_strategy="first" if tags.is_of_entities(labels) else "words",
            ),
        )  # fmt: skip

    def _loaded(self, pipe: Any) -> None:
        self.labels_ = list(pipe.labels)

    def predict(self, X: Any) -> list[list[str]]:
        """For each row of words its tags."""
        return [[tag for tag, _ in row] for row in self._scored(X)]

    def _scored(self, X: Any) -> list[list[tuple[str, float]]]:
        """Tags with their probabilities."""
        pipe = self.to_pipeline()
        rows = words_of(X)
        absent = tags.OUTSIDE if tags.OUTSIDE in self.labels_ else self.labels_[0]
        found = []
        for words in rows:
            row = [(absent, 0.0)] * len(words)  # words without a token keep it
            starts, at = {}, 0
            for i, word in enumerate(words):
                starts[at + len(word) - len(word.lstrip())] = i
                at += len(word) + 1
            for token in pipe(
                [words], is_split_into_words=True, aggregation_strategy="words", ignore_labels=[]
            )[0] if words else ():  # fmt: skip
                if token["start"] in starts:
                    row[starts[token["start"]]] = token["entity"], float(token["score"])
            found.append(row)
        return found

    def _answers(self, X: Any, y: Any) -> list[Answer]:
        rows, wanted = tagged_of(X, y)
        found = []
        for words, right, given in zip(rows, wanted, self._scored(rows)):
            for i, (tag, (said, score)) in enumerate(zip(right, given)):
                before = " ".join(words[max(0, i - AROUND) : i])
                after = " ".join(words[i + 1 : i + 1 + AROUND])
                found.append((f"{before} [{words[i]}] {after}".strip(), tag, said, score))
        return found

    def evaluate(self, X: Any, y: Any = None) -> dict[str, Any]:
        """The share of words that are right; of entities also precision, recall and F1, as CoNLL
        counts them, over all and for each kind; of other tags F1 for each."""
        words, wanted = tagged_of(X, y)
        found = self.predict(words)
        given = {tag for row in wanted for tag in row}
        unseen = sorted(given - set(self.labels_))
        if unseen:
            warn(f"tags that were not trained count as wrong: {', '.join(unseen[:SHOWN])}.")
        of_entities = tags.is_of_entities(given | set(self.labels_))
        report = (tags.report_of_entities if of_entities else tags.report_of_tags)(wanted, found)
        return {"accuracy": tags.accuracy(wanted, found), "rows": len(words),
                "words": sum(map(len, words)), **report}  # fmt: skip

    def score(self, X: Any, y: Any = None) -> float:
        """F1 of whole entities; of other tags the share of words that are right."""
        report = self.evaluate(X, y)
        return float(report.get("f1", report["accuracy"]))


def _labels(rows: Sequence[Sequence[str]]) -> list[str]:
    """All tags, O first, and with each B- its I-, which stands for the rest of an entity."""
    found = {tag for row in rows for tag in row}
    if tags.is_of_entities(found):
        found |= {tags.inside(tag) for tag in found}
    if len(found) < 2:
        raise InputError(
            f"the words have only the tag {next(iter(found), None)!r}; give two tags or more."
        )
    kinds = sorted(found, key=lambda tag: (tag != tags.OUTSIDE, tag[2:], tag))
    return kinds if tags.is_of_entities(found) else sorted(found)


class _Rows:
    """Rows of words as windows of ids. The first token of a word has its tag; so has each word
    piece that begins a word for the tokenizer (as those of "U.S."), since pipelines read these."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        words: list[list[str]],
        wanted: list[list[str]],
        labels: list[str],
        length: int,
    ) -> None:
        self.wanted = wanted
        self.number = {label: i for i, label in enumerate(labels)}
        self.ids: list[list[int]] = []
        self.tags: list[list[int]] = []
        self.places: Places = []
        self.special = tokenizer([[]], is_split_into_words=True)["input_ids"][0]
        self.room = length - len(self.special)
        without = 0
        for row, tags_of_row in zip(words, wanted):
            self.places.append([None] * len(row))
            encoded = tokenizer(
                [row], is_split_into_words=True, add_special_tokens=False, verbose=False
            )
            ids = encoded["input_ids"][0]
            without += not ids
            if ids:
                self._add(ids, encoded.word_ids(0), encoded.tokens(0), tags_of_row)
        if without:
            warn(f"{without} rows are left out, since they have no words.")

    def _add(
        self,
        ids: list[int],
        word_of: list[int | None],
        pieces: Sequence[str | None],
        wanted: list[str],
    ) -> None:
        labels, is_first, before = [], [], None
        for word, piece in zip(word_of, pieces):
            assert word is not None
            is_first.append(word != before)
            tag = wanted[word] if word != before else tags.inside(wanted[word])
            before = word
            continues = not is_first[-1] and (piece or "").startswith(CONTINUING)
            labels.append(-1 if continues else self.number.get(tag, -1))
        first = shared = 0
        places = self.places[-1]
        while True:
            last = min(len(ids), first + self.room)
            window = len(self.ids)
            self.ids.append([self.special[0], *ids[first:last], *self.special[1:]])
            self.tags.append([-1, *[-1] * shared, *labels[first + shared : last],
                              *[-1] * (len(self.special) - 1)])  # fmt: skip
            for i in range(first + shared, last):
                word = word_of[i]
                if is_first[i] and word is not None:
                    places[word] = (window, 1 + i - first)
            if last == len(ids):
                return
            shared = self.room // SHARED
            first = last - shared

    def texts(self) -> Texts:
        texts = Texts(self.ids)
        texts.set_token_labels(self.tags)
        return texts

    def score(self, best: list[list[int]], labels: list[str]) -> float:
        """Of the windows that have been read: F1 of entities, or the share of right words."""
        wanted, found = [], []
        for places, row in zip(self.places, self.wanted):
            read = [i for i, place in enumerate(places) if place and best[place[0]]]
            if not read:
                continue
            wanted.append([row[i] for i in read])
            at = [places[i] or (0, 0) for i in read]
            found.append([labels[best[window][i]] for window, i in at])
        if tags.is_of_entities(labels):
            return float(tags.report_of_entities(wanted, found)["f1"])
        return tags.accuracy(wanted, found)
