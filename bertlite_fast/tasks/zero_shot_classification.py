"""zero-shot-classification: labels without training."""

from __future__ import annotations

from .._native import Many, Tensor, similarities, softmax, unit_mean
from ..checks import shown
from ..errors import InputError, InputTypeError, warn
from .base import refuse_unknown, text_list
from .embedder import Embedder
from .entailment import TEMPLATE, Entailment, entailment_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator
    from typing import Any, overload

    from typing_extensions import Unpack

    from ..models import Model
    from ..task_types import Ranking, ZeroShotSettings

CLASSIFIER = "sequence-classification"
SIMILAR = "{}"  # the template for labels whose words are compared
VECTORS = "name a model that gives vectors, or leave it out"
LIMIT = 1e6  # of sharpness, beyond which the best label has all there is long since


class ZeroShotClassification(Embedder):
    """The labels whose words, or whose examples, are closest in meaning to the text.

    Called as transformers' pipeline is: {"sequence", "labels", "scores"}. Settings:
    candidate_labels; multi_label: each label's own similarity, from 0 to 1, instead of a softmax
    over all; sharpness (10): a factor of the similarities in the softmax;
    hypothesis_template ("{}"): a sentence in which {} stands for the label.

    A model of natural language inference, one of whose labels begins with "entail", says instead
    how likely the text entails each label's sentence ("This example is {}."), as in transformers;
    it takes no examples.

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

    def _head_of(self, model: Model) -> str:
        """The model's classifier, which is for natural language inference; otherwise vectors."""
        if model.info["head"] != CLASSIFIER:
            return self.head
        if entailment_of(model.config.label2id) < 0:
            warn(
                "this model's classifier does not have a label that begins with 'entail', so its "
                "last one is taken for it, as in transformers; set model.config.label2id, or give "
                "a model without a classifier, with whose vectors labels are compared."
            )
        return CLASSIFIER

    def _ready(self) -> None:
        self.examples: dict[str, list[str]] = dict(self.settings.pop("examples", {}))
        self.kept: tuple[Any, list[Tensor]] | None = None  # the vectors of the last call's labels
        infers = self.model.task == CLASSIFIER
        self.entailment = Entailment(self.model, self.tokenizer) if infers else None

    @property
    def entailment_id(self) -> int:
        """The index of the model's label for entailment; -1 if there is none."""
        return entailment_of(self.model.config.label2id)

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        if settings.keys() == {"candidate_labels"}:  # which each call checks
            return settings
        from .arguments import for_tokenizer

        settings = dict(settings)
        if "multi_class" in settings:  # its name in transformers 4
            settings["multi_label"] = settings.pop("multi_class")
        for_tokenizer(settings, "tokenizer_kwargs")  # a label's sentence is always read whole
        refuse_unknown(
            settings,
            self.task,
            "candidate_labels",
            "multi_label",
            "hypothesis_template",
            "sharpness",
            "examples",
        )
        template, sharpness = settings.get("hypothesis_template"), settings.get("sharpness", 1)
        if "hypothesis_template" in settings:
            _filled(template, "label")
        if not isinstance(sharpness, (int, float)) or not -LIMIT <= sharpness <= LIMIT:
            raise InputError(
                f"sharpness is {shown(sharpness)}; it has to be a number from {-LIMIT:g} to "
                f"{LIMIT:g}."
            )
        if self.model.task == CLASSIFIER:
            for name in ("sharpness", "examples"):
                if settings.get(name):
                    raise InputError(f"{name} cannot be used with a model of inference; {VECTORS}.")
        return settings

    def add_examples(self, label: str, texts: str | list[str]) -> None:
        """Represent a label by these texts instead of its own words."""
        if self.entailment is not None:
            raise InputError(f"a model of inference does not learn from examples; {VECTORS}.")
        if not isinstance(label, str):
            raise InputError(f"a label has to be a str, not {type(label).__name__}.")
        self.examples[label] = [*self.examples.get(label, ()), *text_list(texts)]
        self.kept = None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the examples as JSON."""
        import json

        from ..files import write_atomically

        data = json.dumps({"examples": self.examples}, ensure_ascii=False, indent=1)
        write_atomically(path, data)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Replace the examples with those that save wrote."""
        import json

        try:
            with open(path, encoding="utf-8") as file:
                examples = json.load(file)["examples"]
            self.examples = {str(label): text_list(texts) for label, texts in examples.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"{path!s} does not hold examples that save() wrote ({type(error).__name__})."
            ) from None
        self.kept = None

    def _vectors(self, labels: list[str], template: str) -> list[Tensor]:
        """The labels' vectors; those of one call are kept for the next."""
        key = labels, template, self.pooling
        if self.kept is None or self.kept[0] != key:
            found = [
                unit_mean(self.embed(self.examples[label]))
                if label in self.examples
                else self.embed(_filled(template, label))
                for label in labels
            ]
            self.kept = key, found
            return found
        return self.kept[1]

    if TYPE_CHECKING:

        @overload  # type: ignore[override]
        def __call__(
            self,
            inputs: str,
            candidate_labels: str | list[str] | tuple[str, ...] | None = None,
            **settings: Unpack[ZeroShotSettings],
        ) -> Ranking: ...
        @overload
        def __call__(
            self,
            inputs: list[str] | tuple[str, ...],
            candidate_labels: str | list[str] | tuple[str, ...] | None = None,
            **settings: Unpack[ZeroShotSettings],
        ) -> list[Ranking]: ...
        @overload
        def __call__(
            self,
            inputs: Iterable[Any],
            candidate_labels: str | list[str] | tuple[str, ...] | None = None,
            **settings: Unpack[ZeroShotSettings],
        ) -> Iterator[Ranking]: ...

    def __call__(self, inputs: Any, candidate_labels: Any = None, **settings: Any) -> Any:
        """Labels for a text, a list of texts, or an iterable of texts."""
        if inputs is None:
            raise InputTypeError("a text has to be a str, not NoneType.")
        if candidate_labels is not None:
            settings["candidate_labels"] = candidate_labels
        return super().__call__(inputs, **settings)

    def _labels(self, labels: Any) -> list[str]:
        """The labels to choose from: those given, or those with examples."""
        given = labels
        if labels is None:
            labels = list(self.examples)
        elif isinstance(labels, str):
            labels = [part.strip() for part in labels.split(",")]
        found = [label for label in text_list(labels) if label]
        if not found:
            kind = InputTypeError if given is None else InputError
            raise kind(
                "got no labels; expected at least one. Give candidate_labels=[...] or call "
                "add_examples(label, texts)."
            )
        return found

    def _one(self, text: Any, settings: dict[str, Any]) -> Any:
        labels = self._labels(settings.get("candidate_labels"))
        if not isinstance(text, str):
            raise InputError(f"a text has to be a str, not {type(text).__name__}.")
        if not text:
            raise InputError("the text is empty; give at least one word.")
        if self.entailment is None:
            return self._answer(text, self.embed(text), settings)
        template = settings.get("hypothesis_template", TEMPLATE)
        sentences = [_filled(template, label) for label in labels]
        several = bool(settings.get("multi_label"))
        scores = self.entailment.scores(text, sentences, self.entailment_id, several)
        return _ranking(text, labels, scores)

    def _many(self, settings: dict[str, Any], **share: Any) -> Many | None:
        if self.entailment is not None:
            return None
        return Many(self.text_model, "embed", (self.pooling, True, 0, 0, 0), **share)

    def _given(self, text: Any, settings: dict[str, Any]) -> tuple[Any, Any] | None:
        return (text, None) if text and isinstance(text, str) else None

    def _answer(self, text: Any, found: Any, settings: dict[str, Any]) -> Any:
        labels = self._labels(settings.get("candidate_labels"))
        return _ranking(text, labels, self._similar(found, labels, settings))

    def _similar(self, vector: Tensor, labels: list[str], settings: dict[str, Any]) -> list[float]:
        """A score for each label by the similarity of its vector."""
        rows = self._vectors(labels, settings.get("hypothesis_template", SIMILAR))
        close = [similarities(vector, row).tolist()[0][0] for row in rows]
        if settings.get("multi_label", False) or len(labels) == 1:
            return [min(1.0, max(0.0, score)) for score in close]
        found: list[float] = softmax([score * settings.get("sharpness", 10.0) for score in close])
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        rebuild, arguments = super().__reduce__()
        return rebuild, (*arguments[:-1], {**self.settings, "examples": self.examples})


def _ranking(text: str, labels: list[str], scores: list[float]) -> dict[str, Any]:
    order = sorted(range(len(labels)), key=lambda i: -scores[i])
    return {
        "sequence": text,
        "labels": [labels[i] for i in order],
        "scores": [scores[i] for i in order],
    }


def _filled(template: Any, label: str) -> str:
    """A template with the label in place of {}."""
    try:
        sentence = str.format(template, label)
    except (TypeError, ValueError, LookupError, AttributeError):
        sentence = template
    if not isinstance(template, str) or sentence == template:
        raise (InputTypeError if template is None else InputError)(
            f"hypothesis_template is {shown(template)}; it has to contain {{}} for the label."
        )
    return sentence
