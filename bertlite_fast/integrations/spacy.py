"""spaCy: components for names, parts of speech, categories and vectors."""

from __future__ import annotations

import os
import tempfile
from bisect import bisect_right
from itertools import accumulate

from ..errors import InputError, missing_library
from ..pipelines import pipeline

try:
    import numpy
    import srsly
    from spacy.language import Language
    from spacy.tokens import Doc, Span
    from spacy.util import filter_spans, minibatch
except ImportError as error:
    raise missing_library("spacy", error) from error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

# The embedded tagger's labels are those of Universal Dependencies, as spaCy's token.pos_ has them.
TAGS = frozenset("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X"
                 .split())  # fmt: skip
VECTOR = "bertlite_vector"  # where a document keeps its own, in user_data
MODEL = "model"  # the folder, or the key, of a component's model
EMBEDDED = "bertlite/"


class Component:
    """What the components have in common: a pipeline, batches, and saving.

    A model of the user's own is saved with the component; an embedded one is not.
    """

    task = ""

    def __init__(self, name: str, model: str | None, **settings: Any) -> None:
        self.name, self.model, self.settings = name, model, settings
        self.files: dict[str, bytes] | None = None  # of a model that is not embedded
        self._open(model)

    def _open(self, model: str | None) -> None:
        open_task: Any = pipeline
        self.answers = open_task(self.settings.get("task") or self.task, model)

    def __call__(self, doc: Doc) -> Doc:
        self.annotate([doc])
        return doc

    def pipe(self, stream: Iterable[Doc], batch_size: int = 256) -> Iterator[Doc]:
        """Documents in batches, each shared among the threads that were configured."""
        for batch in minibatch(stream, batch_size):
            docs = list(batch)
            self.annotate(docs)
            yield from docs

    def annotate(self, docs: list[Doc]) -> None:
        """Put the answers into the documents."""
        raise NotImplementedError  # each component below has its own

    @property
    def threads(self) -> Any:
        return self.settings.get("threads") or 1

    # ---- saving

    def _model_files(self) -> dict[str, bytes]:
        if self.model is None or self.model.startswith(EMBEDDED):
            return {}
        if self.files is None:
            with tempfile.TemporaryDirectory() as folder:
                self.answers.save_pretrained(folder)
                self.files = _read_folder(folder)
        return self.files

    def _open_files(self, files: dict[str, bytes]) -> None:
        if not files:
            self._open(self.model)
            return
        self.files = files
        with tempfile.TemporaryDirectory() as folder:
            _write_folder(folder, files)
            self._open(folder)

    def _read(self, read: Callable[[], Any], source: str) -> Any:
        """Take the name and the settings of what was saved; its files."""
        try:
            state = read()
            model, settings, files = state["name"], state["settings"], state["files"]
        except Exception as error:
            raise InputError(
                f"{source} cannot be read as a {type(self).__name__}: {error!r}; give what "
                "to_bytes or to_disk wrote."
            ) from None
        self.model, self.settings = model, settings
        return files

    def to_bytes(self, *, exclude: Any = ()) -> bytes:
        """The settings, and the model's files unless it is embedded."""
        state = {"name": self.model, "settings": self.settings, "files": self._model_files()}
        data: bytes = srsly.msgpack_dumps(state)
        return data

    def from_bytes(self, data: bytes, *, exclude: Any = ()) -> Component:
        """What to_bytes gave."""
        self._open_files(self._read(lambda: srsly.msgpack_loads(data), "these bytes"))
        return self

    def to_disk(self, path: Any, *, exclude: Any = ()) -> None:
        """Write the same into a folder."""
        folder = os.fspath(path)
        os.makedirs(folder, exist_ok=True)
        files = self._model_files()
        srsly.write_json(
            os.path.join(folder, "bertlite.json"),
            {"name": self.model, "settings": self.settings, "files": sorted(files)},
        )
        if files:
            os.makedirs(os.path.join(folder, MODEL), exist_ok=True)
            _write_folder(os.path.join(folder, MODEL), files)

    def from_disk(self, path: Any, *, exclude: Any = ()) -> Component:
        """What to_disk wrote. The model is opened in that folder."""
        folder = os.fspath(path)
        self.files = None
        if self._read(lambda: srsly.read_json(os.path.join(folder, "bertlite.json")), folder):
            self.files = _read_folder(os.path.join(folder, MODEL))
            self._open(os.path.join(folder, MODEL))
        else:
            self._open(self.model)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.name, self.to_bytes())


def _restored(kind: Any, name: str, data: bytes) -> Component:
    made: Component = kind.__new__(kind)
    made.name, made.files = name, None
    return made.from_bytes(data)


def _read_folder(folder: str) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for here, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(here, name)
            with open(path, "rb") as file:
                files[os.path.relpath(path, folder).replace(os.sep, "/")] = file.read()
    return files


def _write_folder(folder: str, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        path = os.path.normpath(os.path.join(folder, *name.split("/")))
        if not path.startswith(os.path.normpath(folder) + os.sep):
            raise InputError(f"the file {name!r} of the component would be outside of its folder.")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)


# ---- the components ------------------------------------------------------------------------------


class Names(Component):
    """doc.ents: the names in a text; or whatever a model for entities finds."""

    task = "ner"

    def annotate(self, docs: list[Doc]) -> None:
        """An entity ends where tokens do; of those that overlap, the longest is kept."""
        strategy = "first" if self.answers.own_strategy is None else None
        found = self.answers(
            [doc.text for doc in docs], threads=self.threads, aggregation_strategy=strategy
        )
        labels = self.settings["labels"]
        for doc, entities in zip(docs, found):
            spans = [
                doc.char_span(
                    one["start"],
                    one["end"],
                    labels.get(one["entity_group"], one["entity_group"]),
                    alignment_mode="expand",
                )
                for one in entities
            ]
            kept = [] if self.settings["overwrite"] else list(doc.ents)
            taken = {token.i for span in kept for token in span}
            new = [s for s in spans if s and s.text.strip() and not taken & set(_indices(s))]
            doc.set_ents(kept + filter_spans(new), default="outside")


def _indices(span: Span) -> range:
    return range(span.start, span.end)


class Tagger(Component):
    """token.pos_ (of a model with other tags, token.tag_) for each of spaCy's own tokens."""

    task = "token-classification"

    def annotate(self, docs: list[Doc]) -> None:
        """The model reads spaCy's tokens as words, so each has a tag of its own."""
        rows = [[token for token in doc if not token.is_space] for doc in docs]
        found = self.answers(
            [[token.text for token in row] for row in rows],
            is_split_into_words=True,
            aggregation_strategy="words",
            ignore_labels=[],
            threads=self.threads,
        )
        for doc, row, tags in zip(docs, rows, found):
            for token in doc:
                if token.is_space:
                    token.pos_ = "SPACE"
            starts = list(accumulate((len(token.text) + 1 for token in row), initial=0))
            for tag in reversed(tags):  # a token that is more than a word has its first one's
                token = row[bisect_right(starts, tag["start"]) - 1]
                if tag["entity"] in TAGS:
                    token.pos_ = tag["entity"]
                else:
                    token.tag_ = tag["entity"]


class Categories(Component):
    """doc.cats: a score for each label of a model for whole texts."""

    task = "text-classification"

    def annotate(self, docs: list[Doc]) -> None:
        """A text without a word has no categories."""
        some = [doc for doc in docs if doc.text.strip()]
        texts = [doc.text for doc in some]
        for doc, labels in zip(some, self.answers(texts, top_k=None, threads=self.threads)):
            if isinstance(labels, dict):  # of intents
                labels = labels["candidates"]
            doc.cats.update({label["label"]: label["score"] for label in labels})


class Vectors(Component):
    """doc.vector and similarity, and those of spans and tokens, by the model for sentences."""

    task = "feature-extraction"

    def annotate(self, docs: list[Doc]) -> None:
        """A document's vector is made now, those of its parts when they are asked for."""
        rows = numpy.asarray(self._embed([doc.text for doc in docs])) if docs else ()
        for doc, row in zip(docs, rows):
            doc.user_data[VECTOR] = row
            for hooks in (doc.user_hooks, doc.user_span_hooks, doc.user_token_hooks):
                hooks["vector"] = self.vector
                hooks["vector_norm"] = self.vector_norm
                hooks["has_vector"] = self.has_vector
                hooks["similarity"] = self.similarity

    def _embed(self, texts: list[str]) -> Any:
        return self.answers.embed(texts, threads=self.threads)

    def vector(self, part: Any) -> Any:
        """A document's, span's or token's vector, of length 1; zeros, if it has no word."""
        if isinstance(part, Doc) and VECTOR in part.user_data:
            return part.user_data[VECTOR]
        return numpy.asarray(self._embed([part.text]))[0]

    def vector_norm(self, part: Any) -> float:
        """The length of the vector."""
        return float(numpy.linalg.norm(self.vector(part)))

    def has_vector(self, part: Any) -> bool:
        """Whether there is a word."""
        return bool(part.text.strip())

    def similarity(self, part: Any, other: Any) -> float:
        """The cosine, 0 if one of the two has no word."""
        if not self.has_vector(part) or not self.has_vector(other):
            return 0.0
        return float(numpy.dot(self.vector(part), self.vector(other)))


# ---- what nlp.add_pipe calls ---------------------------------------------------------------------


@Language.factory(
    "bertlite_ner",
    assigns=["doc.ents", "token.ent_iob", "token.ent_type"],
    default_config={"model": None, "labels": {}, "overwrite": True, "threads": 1},
)
def make_ner(
    nlp: Language, name: str, model: str | None, labels: dict[str, str], overwrite: bool,
    threads: int,
) -> Names:  # fmt: skip
    """labels: other names for the model's. overwrite: forget the entities that a document has."""
    return Names(name, model, labels=labels, overwrite=overwrite, threads=threads)


@Language.factory(
    "bertlite_tagger",
    assigns=["token.pos"],
    default_config={"model": None, "threads": 1},
)
def make_tagger(nlp: Language, name: str, model: str | None, threads: int) -> Tagger:
    """Parts of speech."""
    return Tagger(name, model, threads=threads)


@Language.factory(
    "bertlite_textcat",
    assigns=["doc.cats"],
    default_config={"model": None, "task": "text-classification", "threads": 1},
)
def make_textcat(
    nlp: Language, name: str, model: str | None, task: str, threads: int
) -> Categories:
    """task: text-classification (emotions), sentiment-analysis or intent-classification."""
    return Categories(name, model, task=task, threads=threads)


@Language.factory(
    "bertlite_vectors",
    assigns=["doc.user_hooks", "doc.user_span_hooks", "doc.user_token_hooks"],
    default_config={"model": None, "threads": 1},
)
def make_vectors(nlp: Language, name: str, model: str | None, threads: int) -> Vectors:
    """Vectors of whole texts, spans and tokens."""
    return Vectors(name, model, threads=threads)
