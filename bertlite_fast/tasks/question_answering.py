"""question-answering: answers found in texts."""

from __future__ import annotations

from .._native import Many
from ..errors import InputError
from .base import Pipeline, check_whole_numbers, iterable_texts, refuse_unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, overload

    from typing_extensions import Unpack

    from ..task_types import Answer, Question, QuestionSettings

NEEDED = 'an item has to be {"question": ..., "context": ...}'
SETTINGS = (
    "top_k",
    "doc_stride",
    "max_answer_len",
    "max_seq_len",
    "max_question_len",
    "handle_impossible_answer",
    "align_to_words",
    "padding",
)


class QuestionAnswering(Pipeline):
    """The answer's span in the context, as transformers 4 gives it: score, start, end, answer.

    Called with question= and context=, each a text or a list of texts; or with a dict of both, or a
    list of such dicts. Contexts of any length are read, in windows: with embedded models of a few
    sentences, of which those count that have the question's words. Settings: top_k (1): how many
    answers; max_answer_len (15): an answer's tokens; max_seq_len (384): a window's tokens, question
    included; doc_stride (128): tokens that neighboring windows share; max_question_len: tokens of a
    question that are read (all); handle_impossible_answer: the
    empty answer is a candidate; align_to_words (True): answers begin and end with words; with
    embedded models they are phrases: not inside "1,200", "6 p.m." or "Ms. Rao", without articles
    and marks around them. Answers of score 0 are left out. An answer that
    stands in several windows has the score of the best one with embedded models, and the sum of
    all, at most 1, with checkpoints of others, as in transformers.

    >>> from bertlite_fast import pipeline
    >>> pipe = pipeline("question-answering", "my-bert-answers")
    >>> found = pipe(question="Where?", context="music in the kitchen")
    >>> found["answer"] == "music in the kitchen"[found["start"]:found["end"]]
    True
    """

    task = "question-answering"
    head = "question-answering"

    def _ready(self) -> None:
        # transformers adds up the scores of an answer that stands in several windows, so that what
        # a long text repeats beats what answers the question.
        self.sums_windows = "window" not in self.config.to_dict()
        # transformers' words end at every mark: "1" of "1,200"
        self.word_bounds = 1 if self.sums_windows else 2  # bl_whole_words

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        settings = dict(settings)
        if "topk" in settings:  # its name in transformers 3
            settings["top_k"] = settings.pop("topk")
        settings.pop("max_seq_length", None)  # a misspelling that transformers ignores
        refuse_unknown(settings, self.task, *SETTINGS)
        check_whole_numbers(settings, top_k=1, doc_stride=0, max_answer_len=1, max_seq_len=4,
                            max_question_len=1)  # fmt: skip
        return settings

    def cut_question(self, question: str, settings: dict[str, Any]) -> str:
        """The question, no longer than max_question_len tokens, if that is set."""
        most = settings.get("max_question_len")
        if most is None:
            return question
        row = self.tokenizer(question, add_special_tokens=False, return_offsets_mapping=True)
        ends = [end for _, end in row["offset_mapping"]]
        return question if len(ends) <= most else question[: ends[most - 1]]

    if TYPE_CHECKING:

        @overload  # type: ignore[override]  # with top_k a list; without one the answer, or [] if there is none
        def __call__(
            self,
            inputs: Question | dict[str, str] | str | None = None,
            question: str | None = None,
            context: str | None = None,
            **settings: Unpack[QuestionSettings],
        ) -> Answer: ...
        @overload
        def __call__(
            self,
            inputs: Any = None,
            question: list[str] | tuple[str, ...] | str | None = None,
            context: list[str] | tuple[str, ...] | str | None = None,
            **settings: Unpack[QuestionSettings],
        ) -> Any: ...

    def __call__(
        self, inputs: Any = None, question: Any = None, context: Any = None, **settings: Any
    ) -> Any:
        """Answers for a question and its context, or for lists of them.

        pipe("question", "context") and pipe(question=..., context=...) are the same; inputs (or
        data, or X): {"question": ..., "context": ...}, or a list of such dicts.
        """
        for name in ("data", "X"):
            if name in settings:
                inputs = settings.pop(name)
        if isinstance(inputs, (str, list)) and context is None and question is not None:
            inputs, question, context = None, inputs, question
        threads = self._threads(settings)
        settings = self.call_settings(settings)
        if inputs is not None:
            if isinstance(inputs, dict):
                return self._one(inputs, settings)
            if isinstance(inputs, (list, tuple)):
                return _unwrapped(self._all(inputs, settings, threads))
            if isinstance(inputs, (str, bytes)) or not hasattr(inputs, "__iter__"):
                raise InputError(f"{NEEDED}, or a list of them, not {type(inputs).__name__}.")
            return self._stream(iterable_texts(inputs), settings, threads)
        if question is None or context is None:
            raise InputError(
                "a question and a context are needed: question='Where ...?', context='...'."
            )
        if isinstance(question, str) and isinstance(context, str):
            return self._one({"question": question, "context": context}, settings)
        return _unwrapped(self._all(_pairs(question, context), settings, threads))

    def _one(self, item: Any, settings: dict[str, Any]) -> Any:
        if not isinstance(item, dict) or not {"question", "context"} <= set(item):
            raise InputError(f"{NEEDED}, not {type(item).__name__}.")
        question, context = item["question"], item["context"]
        for name, text in (("question", question), ("context", context)):
            if not isinstance(text, str):
                raise InputError(f"the {name} has to be a str, not {type(text).__name__}.")
            if not text:
                raise InputError(f"the {name} is empty.")
        if not context.strip():
            return []
        question = self.cut_question(question, settings)
        found = self.text_model.answer(question, context, *self._options(settings))
        return self._answer(item, found, settings)

    def _options(self, settings: dict[str, Any]) -> tuple[Any, ...]:
        """What the core is told."""
        return (
            settings.get("top_k") or 0,
            settings.get("max_answer_len") or 0,
            settings.get("max_seq_len") or 0,
            settings.get("doc_stride"),
            bool(settings.get("handle_impossible_answer")),
            self.word_bounds if settings.get("align_to_words", True) else 0,
            self.sums_windows,
        )

    def _many(self, settings: dict[str, Any], **share: Any) -> Many | None:
        return Many(self.text_model, "answer", self._options(settings), **share)

    def _given(self, text: Any, settings: dict[str, Any]) -> tuple[Any, Any] | None:
        if not isinstance(text, dict):
            return None
        question, context = text.get("question"), text.get("context")
        if not (isinstance(question, str) and isinstance(context, str)):
            return None
        if not question or not context.strip():
            return None
        return self.cut_question(question, settings), context

    def _answer(self, text: Any, found: Any, settings: dict[str, Any]) -> Any:
        context = text["context"]
        return _unwrapped(
            [
                {"score": score, "start": start, "end": end, "answer": context[start:end]}
                for start, end, score in found
            ]
        )


def _pairs(question: Any, context: Any) -> list[dict[str, Any]]:
    """Items from lists of questions and contexts; all questions may have one context."""
    if isinstance(context, str) and isinstance(question, (list, tuple)):
        context = [context] * len(question)
    lists = isinstance(question, (list, tuple)) and isinstance(context, (list, tuple))
    if not lists or len(question) != len(context):
        raise InputError(
            "for a list of questions, context has to be one text or a list of the same length."
        )
    return [{"question": q, "context": c} for q, c in zip(question, context)]


def _unwrapped(found: list[Any]) -> Any:
    return found[0] if len(found) == 1 else found
