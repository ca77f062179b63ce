"""Whatever the arguments, a call returns a result or raises one of our own errors."""

from __future__ import annotations

import collections
import contextlib
import random
import secrets
import warnings
from array import array
from pathlib import Path
from typing import Any, cast

import pytest
import test_tasks

import bertlite_fast as bf

ODD: list[Any] = [
    None,
    0,
    -1,
    1,
    2,
    3.5,
    2**31,
    2**40,
    2**70,
    -(2**70),
    "",
    "a",
    "light on",
    "\ud800",
    "[MASK]",
    b"x",
    [],
    ["a"],
    ["a", "b"],
    [None],
    [[]],
    [["a"]],
]
ODD += [
    [["a", "b"]],
    ("a", "b"),
    {},
    {"text": "a"},
    {"text": None},
    {"question": "a", "context": "b"},
    {"question": None, "context": "b"},
    object(),
]
ODD += [True, False, float("nan"), "longest", "max_length", {"a"}, range(3)]
TOKENIZER: tuple[str, ...] = (
    "text_pair",
    "padding",
    "truncation",
    "max_length",
    "stride",
    "is_split_into_words",
    "pad_to_multiple_of",
    "padding_side",
)
TOKENIZER += (
    "return_tensors",
    "return_overflowing_tokens",
    "add_special_tokens",
    "split_special_tokens",
)
TASKS: tuple[str, ...] = (
    "top_k",
    "function_to_apply",
    "threshold",
    "targets",
    "aggregation_strategy",
    "stride",
    "ignore_labels",
    "is_split_into_words",
)
TASKS += (
    "max_answer_len",
    "doc_stride",
    "max_seq_len",
    "candidate_labels",
    "multi_label",
    "pooling",
    "question",
    "context",
)
TASKS += ("handle_impossible_answer", "hypothesis_template")


@pytest.fixture(scope="module")
def callables(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, tuple[str, ...]]]:
    root = tmp_path_factory.mktemp("wrong")
    made = {
        "text-classification": test_tasks.make(root / "c", "sequence-classification", ["a", "b"]),
        "ner": test_tasks.make(root / "t", "token-classification", test_tasks.TAGS),
        "fill-mask": test_tasks.make(root / "w", "masked-lm", []),
        "question-answering": test_tasks.make(root / "q", "question-answering", ["s", "e"]),
        "sentence-similarity": test_tasks.make(root / "e", "encoder", []),
    }
    made |= {
        "zero-shot-classification": root / "e",
        "feature-extraction": root / "e",
        "intent-classification": root / "c",
    }
    tokenizer = bf.Tokenizer(root / "e")
    found: list[tuple[Any, tuple[str, ...]]] = [
        (cast(Any, bf.pipeline)(task, path), TASKS) for task, path in made.items()
    ]
    found += [(tokenizer, TOKENIZER)] * 4 + [(tokenizer.encode, TOKENIZER[:4])] * 2
    return [
        *found,
        (tokenizer.decode, ()),
        (tokenizer.convert_ids_to_tokens, ()),
        (tokenizer.convert_tokens_to_ids, ()),
    ]


def test_nothing_else_is_raised(callables: list[tuple[Any, tuple[str, ...]]]) -> None:
    seed = secrets.randbelow(1 << 32)
    print(f"\nseed {seed}")
    r = random.Random(seed)
    for _ in range(200_000):
        call, names = r.choice(callables)
        given, settings = (
            r.choice(ODD),
            {name: r.choice(ODD) for name in r.sample(names, min(len(names), r.randrange(0, 4)))},
        )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = call(given, **settings)
                if hasattr(result, "__next__"):
                    list(result)
        except bf.BertliteError as error:
            assert str(error).endswith((".", ")", "?", ":")) and len(str(error)) > 20, error
        except Exception as error:
            pytest.fail(
                f"{type(error).__name__}: {error}, from {call} with {given!r}, {settings!r}"
            )


class Text(str):
    """A str of another class, as spreadsheets and parsers return it."""


class Table:
    """Like a DataFrame: iterating over it gives the names of its columns."""

    def __iter__(self) -> Any:
        return iter(["text", "label"])

    def __dataframe__(self) -> None:
        pass


def test_a_subclass_of_str_is_a_str(callables: list[tuple[Any, tuple[str, ...]]]) -> None:
    for call, names in callables:
        if names is not TASKS:
            continue
        if call.task == "question-answering":
            given = [
                {"question": kind("light?"), "context": kind("light on")} for kind in (str, Text)
            ]
        else:
            given = [kind("turn [MASK] the light") for kind in (str, Text)]  # type: ignore[misc]
        more: dict[str, Any] = {}
        if call.task == "zero-shot-classification":
            more = {"candidate_labels": ["a", "b"]}
        if call.task == "sentence-similarity":
            more = {"others": ["light", "on"]}
        assert call(given[0], **more) == call(given[1], **more)


@pytest.mark.parametrize("table", [Table(), collections.UserDict(a=1)])
def test_tables_and_mappings_are_refused(
    callables: list[tuple[Any, tuple[str, ...]]], table: Any
) -> None:
    for call, names in callables:
        if names is TASKS and call.task != "sentence-similarity":
            with pytest.raises(bf.InputError, match=r"Table|UserDict"):
                call(table, **({"candidate_labels": "a"} if "zero" in call.task else {}))
    similar = next(call for call, names in callables if getattr(call, "task", "")[:8] == "sentence")
    for wrong in (table, {"a": 1}):
        with pytest.raises(bf.InputError, match=r"Table|UserDict|dict"):
            similar("a", wrong)
        with pytest.raises(bf.InputError, match=r"Table|UserDict|dict"):
            similar.search("a", wrong)


HUGE = (2**31 - 1, 2**31, 2**32 + 5, 2**40, 2**62, 2**64 - 1, 2**70)


@pytest.mark.parametrize("huge", HUGE)
def test_large_numbers_are_clamped_or_refused(
    callables: list[tuple[Any, tuple[str, ...]]], huge: int
) -> None:
    """For any top_k, a task returns at most what there is, and needs memory only for that."""
    pipes = {call.task: call for call, names in callables if names is TASKS}
    assert len(pipes["text-classification"]("light on", top_k=huge)) == 2
    assert len(pipes["intent-classification"]("light on", top_k=huge)["candidates"]) == 2
    assert len(pipes["fill-mask"]("turn [MASK] the light", top_k=huge)) == len(
        pipes["fill-mask"].tokenizer
    )
    assert len(pipes["sentence-similarity"].search("a", ["a", "b"], top_k=huge)) == 2
    answers, about = (
        pipes["question-answering"],
        {"question": "light on?", "context": "light on in the kitchen " * 40},
    )
    # Five different words can begin an answer of one to fifteen words.
    assert len(answers(about, top_k=huge)) == 75
    assert len(answers(about, top_k=huge, max_answer_len=huge, max_seq_len=huge)) > 250
    for pipe, text, setting in (
        (answers, about, {"doc_stride": huge}),
        (pipes["ner"], "light on", {"stride": huge, "aggregation_strategy": "simple"}),
    ):
        with pytest.raises(bf.InputError, match="stride"):  # no window is so long
            pipe(text, **setting)


@pytest.mark.parametrize("huge", HUGE)
def test_padding_is_bounded(callables: list[tuple[Any, tuple[str, ...]]], huge: int) -> None:
    tokenizer = next(call for call, names in callables if names is TOKENIZER)
    for settings in (
        {"padding": "max_length", "max_length": huge},
        {"padding": True, "pad_to_multiple_of": huge},
    ):
        with pytest.raises(bf.InputError, match="cannot be padded"):
            tokenizer(["a", "a b"], **settings)
    assert (
        tokenizer("a b c", truncation=True, max_length=huge)["input_ids"]
        == tokenizer("a b c")["input_ids"]
    )
    assert len(tokenizer("a b c", padding="max_length", max_length=100_000)["input_ids"]) == 100_000


def test_values_that_are_not_valid_numbers(callables: list[tuple[Any, tuple[str, ...]]]) -> None:
    """Anything but a number, and a number out of range, raises a BertliteError or finds nothing."""
    pipe = callables[0][0]
    row = pipe.tokenizer("light on").encodings[0]
    for wrong in (2**70, -(2**70), 2**40, "x", None, 1.5, [1]):
        for call in (
            lambda given: bf.top(array("f", [1.0, 2.0]), given),
            lambda given: bf.pipeline("text-classification", pipe.model, threads=given),
            lambda given: pipe.model([[1, 2]], threads=given),
            lambda given: pipe.model([[1, 2]], positions=[given]),
            lambda given: pipe.model([[1, given]]),
            pipe.model.workspace_size,
            row.token_to_chars,
            row.token_to_word,
            row.char_to_token,
            row.char_to_word,
            lambda given: row.char_to_token(0, given),
            lambda given: row.word_to_chars(0, given),
            pipe.tokenizer.id_to_token,
        ):
            with contextlib.suppress(bf.BertliteError):
                call(wrong)


def test_a_class_is_not_a_text(callables: list[tuple[Any, tuple[str, ...]]]) -> None:
    for pipe in (call for call, names in callables if names is TASKS):
        with pytest.raises(bf.InputError):
            pipe(str)


def test_zero_shot_examples_and_sharpness(callables: list[tuple[Any, tuple[str, ...]]]) -> None:
    (pipe,) = (c for c, _ in callables if getattr(c, "task", "") == "zero-shot-classification")
    for label in (None, 3, ["a"]):
        with pytest.raises(bf.InputError, match="a label has to be a str"):
            pipe.add_examples(label, "light on")
    for sharpness in (10**400, -(10**5000), float("nan"), float("inf"), 1e300, "3"):
        with pytest.raises(bf.InputError, match="sharpness"):
            pipe("light on", candidate_labels=["a", "b"], sharpness=sharpness)
    with pytest.raises(bf.InputError, match="a path has to be"):
        pipe.save(None)
    with pytest.raises(bf.InputError, match="thousands of digits"):
        callables[0][0]("light on", top_k=-(10**5000))


def test_an_empty_path_is_named(tiny: Path, tmp_path: Path) -> None:
    for work in (bf.Model, bf.AutoModel.from_pretrained, bf.AutoTokenizer.from_pretrained):
        with pytest.raises(bf.ModelFileError, match="is empty"):
            work("")
    with pytest.raises(bf.ModelFileError, match="is empty"):
        bf.convert(tiny, "")
