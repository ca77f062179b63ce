"""Presidio: names for its analyzer, and an engine of tokens that needs no download."""

from __future__ import annotations

from ..errors import InputError, missing_library
from ..pipelines import pipeline

try:
    from presidio_analyzer import EntityRecognizer, RecognizerResult
    from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
except ImportError as error:
    raise missing_library("presidio-analyzer", error) from error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

# The embedded model's labels, and Presidio's names for them.
ENTITIES = {"PERSON": "PERSON", "LOCATION": "LOCATION", "ORGANIZATION": "ORGANIZATION"}


class BertliteRecognizer(EntityRecognizer):
    """Persons, places and organizations, by the embedded model for names or one of your own.

    entities: for each label of the model Presidio's name of it; other labels are not reported.
    threshold: the least score of a result. To analyze without a model of spaCy, give the analyzer
    BertliteNlpEngine, too.
    """

    def __init__(
        self,
        model: Any = None,
        *,
        entities: dict[str, str] | None = None,
        threshold: float = 0.0,
        supported_language: str = "en",
        name: str = "BertliteRecognizer",
        **more: Any,
    ) -> None:
        self.model, self.labels, self.threshold = model, dict(entities or ENTITIES), threshold
        if not isinstance(threshold, (int, float)) or not 0 <= threshold <= 1:
            raise InputError(f"threshold is {threshold!r}; it has to be a number from 0 to 1.")
        super().__init__(
            supported_entities=sorted(set(self.labels.values())),
            supported_language=supported_language,
            name=name,
            **more,
        )

    def load(self) -> None:
        """Open the model; Presidio calls this once."""
        open_task: Any = pipeline
        self.pipe = open_task("ner", self.model)
        self.strategy = None if self.pipe.own_strategy is not None else "first"

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """The names in a text whose kinds are asked for; all kinds, if none is."""
        if not text or not text.strip():
            return []
        found = []
        for one in self.pipe(text, aggregation_strategy=self.strategy):
            kind = self.labels.get(one["entity_group"])
            if kind is None or (entities and kind not in entities):
                continue
            if one["score"] >= self.threshold:
                score = min(1.0, one["score"])
                about = {
                    RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
                    RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
                }
                found.append(
                    RecognizerResult(
                        kind, one["start"], one["end"], score, recognition_metadata=about
                    )
                )
        return found


class BertliteNlpEngine(NlpEngine):
    """The tokens that Presidio looks for context in, by spaCy's rules for a language: no model."""

    engine_name = "bertlite"
    is_available = True

    def __init__(self, languages: Iterable[str] = ("en",)) -> None:
        self.languages = list(languages)
        self.nlp: dict[str, Any] = {}

    def load(self) -> None:
        """Make a blank pipeline for each language."""
        import spacy

        self.nlp = {language: spacy.blank(language) for language in self.languages}

    def is_loaded(self) -> bool:
        """Whether load was called."""
        return bool(self.nlp)

    def _of(self, language: str) -> Any:
        if not self.nlp:
            self.load()
        if language not in self.nlp:
            raise InputError(
                f"the engine has {', '.join(self.languages)}, not {language!r}; make it with "
                "languages=[...]."
            )
        return self.nlp[language]

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        """A text's tokens; their lowercase stands for lemmas."""
        doc = self._of(language)(text)
        return NlpArtifacts(
            entities=[],
            tokens=doc,
            tokens_indices=[token.idx for token in doc],
            lemmas=[token.lower_ for token in doc],
            nlp_engine=self,
            language=language,
        )

    def process_batch(
        self, texts: Iterable[Any], language: str, as_tuples: bool = False, **more: Any
    ) -> Iterator[Any]:
        """Each text with its tokens; with as_tuples also what came with it."""
        for given in texts:
            text, *context = given if as_tuples else (given,)
            yield (text, self.process_text(text, language), *context)

    def is_stopword(self, word: str, language: str) -> bool:
        """Whether a word says little by itself."""
        return bool(self._of(language).vocab[word].is_stop)

    def is_punct(self, word: str, language: str) -> bool:
        """Whether it is punctuation."""
        return bool(self._of(language).vocab[word].is_punct)

    def get_supported_entities(self) -> list[str]:
        """None: BertliteRecognizer finds them."""
        return []

    def get_supported_languages(self) -> list[str]:
        """The languages that it was made for."""
        return self.languages
