"""QuestionAnswerer: where in a text the answer to a question stands, learned from examples."""

from __future__ import annotations

from .._training import Texts
from ..errors import InputError, warn
from .learner import Learner, Lesson, split
from .questions import agreement, questions_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .._training import Trainer
    from .questions import Example
    from .report import Answer
    from .start import Start

CONTEXT = 160  # characters that a report shows
NONE = "(none)"
SHARED = 4  # neighboring windows share one of so many tokens


class QuestionAnswerer(Learner):
    """Learns to find answers in texts, and that there is none.

    fit() takes SQuAD's JSON, rows with a question, a context and answers, or pairs of (question,
    context) and their answers.

    base: None for the embedded model of answers. max_length: tokens of a window in training,
    question included; longer contexts are read in windows. If examples have no answer, predict()
    may find none, too. Other settings are those of TokenTagger.

    >>> examples = [{"question": "Who called?", "context": f"{name} called at noon.",
    ...              "answers": {"text": [name], "answer_start": [0]}}
    ...             for name in ("Ann", "Bob", "Eve", "Tom")] * 4
    >>> answerer = QuestionAnswerer(epochs=5).fit(examples)
    >>> answerer.predict([("Who called?", "Ann called at noon.")])
    ['Ann']
    """

    may_have_none_: bool
    _task = "question-answering"
    _embedded = "qa"
    _batch_size, _max_length = 16, 256

    def _lesson(self, start: Start, X: Any, y: Any, validation: Any) -> Lesson:
        examples = questions_of(X, y)
        other = None if validation is None else split(questions_of, validation)
        learned, held_out = self._held_out(len(examples), other is not None)
        own = self._windows(start, [examples[i] for i in learned])
        rest = self._windows(start, other or [examples[i] for i in held_out])
        if not own[0]:
            raise InputError("no question has a context that can be read; give texts.")
        texts = Texts(own[0] + rest[0], own[1] + rest[1])
        texts.set_spans(own[2] + rest[2])
        rows = range(len(own[0]), len(texts))

        def score(trainer: Trainer) -> float:
            return -self._loss(trainer, texts, rows)

        may_have_none = any(not answers for _, _, answers in examples)
        length = self._length(start)
        usual, most = int(start.model.info["window"]), int(start.model.info["positions"])
        # a model that reads a few sentences together finds more than it does in longer windows,
        # whatever it is trained on from here
        window = min(usual, length) if usual < most else length
        return Lesson(
            texts, range(len(own[0])), score=score if len(rows) else None,
            options={"head": "answer", "labels": 2, "loss": "span"}, examples=[own, rest],
            found={"may_have_none_": may_have_none},
            config=start.config_as(
                "QuestionAnswering", window=window, window_overlap=window // SHARED,
                handle_impossible_answer=may_have_none,
            ),
        )  # fmt: skip

    def _windows(
        self, start: Start, examples: Sequence[Example]
    ) -> tuple[list[list[int]], list[list[int]], list[tuple[int, int]]]:
        """Ids, token types, and where in each window the answer is; (0, 0): not in it."""
        length = self._length(start)
        ids: list[list[int]] = []
        types: list[list[int]] = []
        spans: list[tuple[int, int]] = []
        cut = 0
        for question, context, answers in examples:
            asked = start.tokenizer(question, add_special_tokens=False, return_offsets_mapping=True)
            offsets = asked["offset_mapping"]
            if len(offsets) > length // 2:
                question, cut = question[: offsets[length // 2 - 1][1]], cut + 1
            room = max(1, length - min(len(offsets), length // 2) - 3)
            encoded = start.tokenizer(
                question, context, truncation="only_second", max_length=length,
                stride=room // SHARED, return_overflowing_tokens=True,
                return_offsets_mapping=True, return_token_type_ids=True,
            )  # fmt: skip
            for i, row in enumerate(encoded["input_ids"]):
                ids.append(row)
                types.append(encoded["token_type_ids"][i])
                of_context = [s == 1 for s in encoded.sequence_ids(i)]
                spans.append(_place(encoded["offset_mapping"][i], of_context, answers))
        if cut:
            warn(f"{cut} questions are cut to {length // 2} tokens.")
        return ids, types, spans

    def _loaded(self, pipe: Any) -> None:
        self.may_have_none_ = bool(pipe.config.to_dict().get("handle_impossible_answer"))

    def predict(self, X: Any) -> list[str]:
        """For each question and its context the answer; "" where there is none. X: pairs, or dicts
        with "question" and "context"."""
        return [answer for answer, _ in self._scored(X)]

    def _scored(self, X: Any) -> list[tuple[str, float]]:
        pipe = self.to_pipeline()
        found = []
        for i, item in enumerate(X):
            if isinstance(item, dict) and {"question", "context"} <= set(item):
                item = item["question"], item["context"]
            if not isinstance(item, (list, tuple)) or len(item) != 2:
                raise InputError(f"row {i}: expected a question and its context.")
            answer = pipe(
                question=item[0], context=item[1], handle_impossible_answer=self.may_have_none_
            )
            is_one = isinstance(answer, dict)
            found.append((answer["answer"], float(answer["score"])) if is_one else ("", 0.0))
        return found

    def _answers(self, X: Any, y: Any) -> list[Answer]:
        examples = questions_of(X, y)
        scored = self._scored([(question, context) for question, context, _ in examples])
        found = []
        for (question, context, answers), (answer, score) in zip(examples, scored):
            texts = [text for text, _ in answers]
            exact, _ = agreement(answer, texts)
            at = max(0, (answers[0][1] if answers else 0) - CONTEXT // 2)
            shown = f"{question} {context[at : at + CONTEXT]}"
            right = answer if exact else next(iter(texts), "")
            found.append((shown, right or NONE, answer or NONE, score))
        return found

    def evaluate(self, X: Any, y: Any = None) -> dict[str, Any]:
        """The share of answers that are exactly right, and F1 of their words, as SQuAD counts."""
        examples = questions_of(X, y)
        found = self.predict([(question, context) for question, context, _ in examples])
        scores = [
            agreement(answer, [text for text, _ in answers])
            for answer, (_, _, answers) in zip(found, examples)
        ]
        count = len(examples)
        report = {
            "exact": sum(e for e, _ in scores) / count,
            "f1": sum(f for _, f in scores) / count,
        }
        none = [i for i, (_, _, answers) in enumerate(examples) if not answers]
        if none:
            report["without_answer"] = sum(scores[i][0] for i in none) / len(none)
        return {**report, "questions": count}

    def score(self, X: Any, y: Any = None) -> float:
        """F1 of the answers' words."""
        return float(self.evaluate(X, y)["f1"])


def _place(
    offsets: Sequence[tuple[int, int]], of_context: Sequence[bool], answers: list[tuple[str, int]]
) -> tuple[int, int]:
    """The tokens of the first answer, if the window has all of it."""
    if not answers:
        return 0, 0
    text, begin = answers[0]
    end = begin + len(text)
    inside = [
        i for i, (a, b) in enumerate(offsets) if of_context[i] and a < end and b > begin and b > a
    ]
    if not inside:
        return 0, 0
    first, last = inside[0], inside[-1]
    if offsets[first][0] > begin or offsets[last][1] < end - _blanks_after(text):
        return 0, 0
    return first, last


def _blanks_after(text: str) -> int:
    return len(text) - len(text.rstrip())
