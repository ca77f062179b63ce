"""Whatever a call is given, it answers or raises one of our own errors."""

from __future__ import annotations

import random
import secrets
import warnings
from typing import Any

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
ODD += [[["a", "b"]], ("a", "b"), {}, {"text": "a"}, {"text": None}, {"question": "a", "context": "b"}, {"question": None, "context": "b"}, object()]
ODD += [True, False, float("nan"), "longest", "max_length", {"a"}, range(3)]
TOKENIZER: tuple[str, ...] = ("text_pair", "padding", "truncation", "max_length", "stride", "is_split_into_words", "pad_to_multiple_of", "padding_side")
TOKENIZER += ("return_tensors", "return_overflowing_tokens", "add_special_tokens", "split_special_tokens")
TASKS: tuple[str, ...] = ("top_k", "function_to_apply", "threshold", "targets", "aggregation_strategy", "stride", "ignore_labels", "is_split_into_words")
TASKS += ("max_answer_len", "doc_stride", "max_seq_len", "candidate_labels", "multi_label", "pooling", "question", "context")
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
    made |= {"zero-shot-classification": root / "e", "feature-extraction": root / "e", "intent-classification": root / "c"}
    tokenizer = bf.Tokenizer(root / "e")
    found: list[tuple[Any, tuple[str, ...]]] = [(bf.pipeline(task, path), TASKS) for task, path in made.items()]
    found += [(tokenizer, TOKENIZER)] * 4 + [(tokenizer.encode, TOKENIZER[:4])] * 2
    return [*found, (tokenizer.decode, ()), (tokenizer.convert_ids_to_tokens, ()), (tokenizer.convert_tokens_to_ids, ())]


def test_nothing_else_is_raised(callables: list[tuple[Any, tuple[str, ...]]]) -> None:
    seed = secrets.randbelow(1 << 32)
    print(f"\nseed {seed}")
    r = random.Random(seed)
    for _ in range(8000):
        call, names = r.choice(callables)
        given, settings = r.choice(ODD), {name: r.choice(ODD) for name in r.sample(names, min(len(names), r.randrange(0, 4)))}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = call(given, **settings)
                if hasattr(result, "__next__"):
                    list(result)
        except bf.BertliteError as error:
            assert str(error).endswith((".", ")", "?", ":")) and len(str(error)) > 20, error
        except Exception as error:
            pytest.fail(f"{type(error).__name__}: {error}, from {call} with {given!r}, {settings!r}")
