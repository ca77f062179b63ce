"""Answers found in texts: question-answering."""

from __future__ import annotations

from ..checks import LARGEST
from ..errors import InputError
from .base import Pipeline, only, whole_ones

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class QuestionAnswering(Pipeline):
    """Where in the context the answer stands: score, start, end, answer; as transformers 4 had it.

    Spans of score 0, with which it could fill up a list, are left out.

    >>> from bertlite_fast import pipeline
    >>> found = pipeline("question-answering", "my-bert-answers")(question="Where?", context="music in the kitchen")
    >>> found["answer"] == "music in the kitchen"[found["start"]:found["end"]]
    True
    """

    task = "question-answering"
    head = "question-answering"

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        names = (
            "top_k",
            "doc_stride",
            "max_answer_len",
            "max_seq_len",
            "max_question_len",
            "handle_impossible_answer",
            "align_to_words",
            "padding",
        )
        only(settings, self.task, *names)
        whole_ones(settings, top_k=1, doc_stride=0, max_answer_len=1, max_seq_len=4)
        return settings

    def __call__(
        self, inputs: Any = None, question: Any = None, context: Any = None, **settings: Any
    ) -> Any:
        settings = {**self.settings, **self._checked(settings)}
        if inputs is not None:
            if isinstance(inputs, dict):
                return self._one(inputs, settings)
            if not isinstance(inputs, (list, tuple)):
                if isinstance(inputs, (str, bytes)) or not hasattr(inputs, "__iter__"):
                    raise InputError(
                        'an item has to be {"question": ..., "context": ...}, or a list of them.'
                    )
                return self._stream(inputs, settings)
            return _alone([self._one(item, settings) for item in inputs])
        if question is None or context is None:
            raise InputError(
                "a question and a context are needed: question='Where ...?', context='...'."
            )
        if isinstance(question, str) and isinstance(context, str):
            return self._one({"question": question, "context": context}, settings)
        if isinstance(context, str) and isinstance(question, (list, tuple)):
            context = [context] * len(question)
        if (
            not isinstance(question, (list, tuple))
            or not isinstance(context, (list, tuple))
            or len(question) != len(context)
        ):
            raise InputError(
                "for a list of questions, context has to be one text or a list of as many."
            )
        return _alone(
            [self._one({"question": q, "context": c}, settings) for q, c in zip(question, context)]
        )

    def _one(self, item: Any, settings: dict[str, Any]) -> Any:
        if not isinstance(item, dict) or not {"question", "context"} <= set(item):
            raise InputError('an item has to be {"question": ..., "context": ...}.')
        question, context = item["question"], item["context"]
        for name, text in (("question", question), ("context", context)):
            if not isinstance(text, str):
                raise InputError(f"the {name} has to be a str, not {type(text).__name__}.")
            if not text:
                raise InputError(f"the {name} is empty.")
        longest = min(settings.get("max_seq_len") or 384, self.text_model.longest)
        stride = settings.get("doc_stride")
        stride = min(longest // 2, 128) if stride is None else stride
        top_k = settings.get("top_k") or 1
        aligned = settings.get("align_to_words", True)
        wanted = (
            min(top_k * 2 + 10, LARGEST) if aligned else top_k
        )  # some are the same once they are whole words
        (first,) = self.tokenizer.encode_rows(
            [(question, context)], True, "only_second", longest, stride, False, False, True
        )
        answers: dict[str, dict[str, Any]] = {}
        least_none = 1000000.0
        for row in (first, *first.overflowing):
            spans, none = self.text_model.answers(
                row,
                wanted,
                settings.get("max_answer_len") or 15,
                bool(settings.get("handle_impossible_answer")),
            )
            least_none = least_none if none is None else min(least_none, none)
            for start, end, score in spans:
                a, b = self._place(row, start, end, aligned)
                text = context[a:b]
                same = answers.get(text.lower())
                if same:
                    same["score"] += score
                else:
                    answers[text.lower()] = {"score": score, "start": a, "end": b, "answer": text}
        found = list(answers.values())
        if settings.get("handle_impossible_answer"):
            found.append({"score": least_none, "start": 0, "end": 0, "answer": ""})
        found = sorted(found, key=lambda answer: float(answer["score"]), reverse=True)[:top_k]
        return found[0] if len(found) == 1 else found

    @staticmethod
    def _place(row: Any, start: int, end: int, aligned: bool) -> tuple[int, int]:
        """The characters of a span of tokens, or of the words that they are in."""
        (_, (a, _)), (_, (_, b)) = row.token_to_chars(start), row.token_to_chars(end)
        if aligned:
            a = row.word_to_chars(row.token_to_word(start)[1], 1)[0]
            b = row.word_to_chars(row.token_to_word(end)[1], 1)[1]
        return a, b


def _alone(found: list[Any]) -> Any:
    return found[0] if len(found) == 1 else found
