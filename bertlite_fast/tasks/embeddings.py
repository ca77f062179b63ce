"""Texts as vectors: feature-extraction, sentence-similarity, search, zero-shot-classification."""

from __future__ import annotations

from .._native import Tensor, best_of, similarities, softmax, unit_mean
from ..errors import InputError
from .base import Pipeline, only, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from typing import Any


def listed(texts: Any) -> list[str]:
    if isinstance(texts, str):
        return [texts]
    if not hasattr(texts, "__iter__"):
        raise InputError(f"texts have to be a list of str, not {type(texts).__name__}.")
    found: list[str] = list(texts)
    for text in found:
        if not isinstance(text, str):
            raise InputError(f"a text has to be a str, not {type(text).__name__}.")
    return found


class Embedder(Pipeline):
    """What the tasks on vectors share."""

    head = "embedding"

    def embed(
        self, texts: str | list[str], pooling: str | None = None, normalize: bool = True
    ) -> Tensor:
        """A row for each text, of length 1 unless told otherwise: a Tensor, which NumPy reads as an array."""
        pooling = str(pooling or self.config.to_dict().get("pooling", "mean"))
        return self.text_model.embed(listed(texts), pooling, normalize)


class FeatureExtraction(Embedder):
    """The hidden states of a text's tokens, as transformers gives them; `pooling` gives a vector in their place.

    >>> from bertlite_fast import pipeline
    >>> pipe = pipeline("feature-extraction", "my-bert-vectors")
    >>> len(pipe("turn on the light")[0]), len(pipe("turn on the light", pooling="mean"))
    (6, 64)
    """

    task = "feature-extraction"

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        only(settings, self.task, "pooling", "normalize", "truncation", "return_tensors")
        return settings

    def _one(self, text: Any, settings: dict[str, Any]) -> Any:
        if settings.get("pooling"):
            found = self.embed(text, settings["pooling"], settings.get("normalize", False))
            return found if settings.get("return_tensors") else found.tolist()[0]
        found = self.text_model.hidden(text)
        return found if settings.get("return_tensors") else [found.tolist()]


class SentenceSimilarity(Embedder):
    """How alike texts are in meaning, from -1 to 1.

    pipe("a", "b") gives a number, pipe("a", ["b", "c"]) a list, pipe(["a", "d"], ["b", "c"]) a list of lists.

    >>> from bertlite_fast import pipeline
    >>> pipe = pipeline("sentence-similarity", "my-bert-vectors")
    >>> round(pipe("turn on the light", "turn on the light"), 3)
    1.0
    >>> pipe.search("play music", ["turn on the light", "play music"], top_k=1)[0]["text"]
    'play music'
    """

    task = "sentence-similarity"

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        only(settings, self.task, "pooling")
        return settings

    def __call__(self, inputs: Any, others: Any = None, **settings: Any) -> Any:
        settings = {**self.settings, **self._checked(settings)}
        if isinstance(inputs, dict) and others is None:
            only(inputs, self.task, "source_sentence", "sentences")
            inputs, others = inputs.get("source_sentence"), inputs.get("sentences")
        if others is None:
            raise InputError("two texts are needed to be compared, or a text and a list.")
        a, b = (self.embed(texts, settings.get("pooling")) for texts in (inputs, others))
        found = similarities(a, b).tolist()
        if isinstance(others, str):
            found = [row[0] for row in found]
        return found[0] if isinstance(inputs, str) else found

    def search(self, query: str, texts: list[str] | Index, top_k: int = 5) -> list[dict[str, Any]]:
        """The texts closest to the query: [{"index", "score", "text"}]. For many queries make an index once."""
        index = texts if isinstance(texts, Index) else self.index(texts)
        return index.search(query, top_k)

    def index(self, texts: list[str]) -> Index:
        """Texts that can be searched any number of times."""
        return Index(self, texts)


class Index:
    """Texts and their vectors."""

    def __init__(self, pipe: Embedder, texts: list[str]) -> None:
        self.pipe, self.texts = pipe, listed(texts)
        self.vectors = pipe.embed(self.texts)

    def __len__(self) -> int:
        return len(self.texts)

    def search(self, query: str, top_k: int = 5) -> list[dict[str, Any]]:
        top_k = whole("top_k", top_k, 1)
        if not self.texts:
            return []
        scores = similarities(self.pipe.embed(query), self.vectors)
        return [
            {"index": i, "score": score, "text": self.texts[i]}
            for i, score in best_of(scores, 0, top_k)
        ]


class ZeroShotClassification(Embedder):
    """Labels that need no training: those whose words, or whose examples, are closest to the text.

    Called as transformers' pipeline is: {"sequence", "labels", "scores"}. The scores are a softmax over the
    similarities, `sharpness` times as large; with multi_label each label's own similarity, from 0 to 1.

    >>> from bertlite_fast import pipeline
    >>> pipe = pipeline("zero-shot-classification", "my-bert-vectors")
    >>> sorted(pipe("turn on the light", candidate_labels=["light", "music"])["labels"])
    ['light', 'music']
    >>> pipe.add_examples("lamp", ["turn on the light", "light on"])
    >>> pipe.add_examples("sound", "play some music")
    >>> pipe("turn on the light")["labels"][0]
    'lamp'
    """

    task = "zero-shot-classification"

    def _ready(self) -> None:
        self.examples: dict[str, list[str]] = dict(self.settings.pop("examples", {}))
        self.vectors: dict[str, Tensor] = {}

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        only(
            settings,
            self.task,
            "candidate_labels",
            "multi_label",
            "hypothesis_template",
            "sharpness",
            "examples",
        )
        return settings

    def add_examples(self, label: str, texts: str | list[str]) -> None:
        """A label stands for these texts from now on, in place of its own words."""
        self.examples[label] = [*self.examples.get(label, ()), *listed(texts)]
        self.vectors.pop(label, None)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the examples as JSON."""
        import json

        with open(path, "w", encoding="utf-8") as file:
            json.dump({"examples": self.examples}, file, ensure_ascii=False, indent=1)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Read what save wrote, in place of the examples so far."""
        import json

        try:
            with open(path, encoding="utf-8") as file:
                examples = json.load(file)["examples"]
            self.examples = {str(label): listed(texts) for label, texts in examples.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"{os_name(path)} holds no examples that save() wrote ({type(error).__name__})."
            ) from None
        self.vectors = {}

    def _vector(self, label: str, template: str) -> Tensor:
        known = self.vectors.get(label)
        if known is not None:
            return known
        if label in self.examples:
            self.vectors[label] = unit_mean(self.embed(self.examples[label]))
            return self.vectors[label]
        return self.embed(template.format(label))

    def __call__(self, inputs: Any, candidate_labels: Any = None, **settings: Any) -> Any:
        if candidate_labels is not None:
            settings["candidate_labels"] = candidate_labels
        found = super().__call__(inputs, **settings)
        return found[0] if isinstance(inputs, list) and len(inputs) == 1 else found

    def _one(self, text: Any, settings: dict[str, Any]) -> Any:
        labels = settings.get("candidate_labels")
        labels = (
            list(self.examples)
            if labels is None
            else [part.strip() for part in labels.split(",")]
            if isinstance(labels, str)
            else listed(labels)
        )
        labels = [label for label in labels if label]
        if not labels:
            raise InputError(
                "there are no labels to choose from; give candidate_labels=[...] or add_examples(label, texts)."
            )
        template = settings.get("hypothesis_template", "{}")
        if not isinstance(template, str) or "{}" not in template:
            raise InputError(
                f"hypothesis_template is {template!r}; it has to hold {{}} where the label goes."
            )
        if not isinstance(text, str):
            raise InputError(f"a text has to be a str, not {type(text).__name__}.")
        vector = self.embed(text)
        close = [
            similarities(vector, self._vector(label, template)).tolist()[0][0] for label in labels
        ]
        several = settings.get("multi_label", False) or len(labels) == 1
        scores = (
            [max(0.0, x) for x in close]
            if several
            else softmax([x * settings.get("sharpness", 10.0) for x in close])
        )
        order = sorted(range(len(labels)), key=lambda i: -scores[i])
        return {
            "sequence": text,
            "labels": [labels[i] for i in order],
            "scores": [scores[i] for i in order],
        }

    def __reduce__(self) -> tuple[Any, ...]:
        rebuild, arguments = super().__reduce__()
        return rebuild, (*arguments[:-1], {**self.settings, "examples": self.examples})


def os_name(path: Any) -> str:
    import os

    return os.fsdecode(path)
