"""A pytest plugin that repeats a test with another library in place of the original.

The values that transformers' tests expect are those of models that are not here. So a first run,
with the original, keeps what each assertion compared; a second run, with the names of the package
put in the place of the original's, expects the same. RECORD names the file in between; OURS=1 is
the second run. tools/transformers_pipelines.py starts both.
"""

from __future__ import annotations

import json
import math
import os
import unittest
from pathlib import Path
from typing import Any

import pytest

OURS = bool(os.environ.get("OURS"))
RECORD = Path(os.environ["RECORD"])
CLOSE = 2e-3  # the tests round to three decimals, or to four
CLOSE_BF16 = 2e-2  # with eight bits the original's own numbers are no closer
KEPT: dict[str, list[Any]] = json.loads(RECORD.read_text("utf-8")) if OURS else {}
now: dict[str, Any] = {"test": "", "at": 0}


class Unknown(Exception):
    """A value that cannot be kept."""


def plain(value: Any) -> Any:
    """A value that JSON holds, made of what an assertion compares."""
    value = getattr(value, "value", value)  # an enum
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if (hasattr(value, "item") and not getattr(value, "shape", None)) or isinstance(value, float):
        return float(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise Unknown


def same(found: Any, kept: Any) -> bool:
    """Whether two such values are the same, but for the last digits of numbers."""
    if isinstance(found, dict) and isinstance(kept, dict):
        return found.keys() == kept.keys() and all(same(found[key], kept[key]) for key in kept)
    if isinstance(found, list) and isinstance(kept, list):
        return len(found) == len(kept) and all(map(same, found, kept))
    if isinstance(found, float) or isinstance(kept, float):
        close = CLOSE_BF16 if "16" in now["test"] else CLOSE
        return math.isclose(found, kept, rel_tol=close, abs_tol=close)
    return type(found) is type(kept) and bool(found == kept)


def assert_equal(test: unittest.TestCase, first: Any, second: Any, msg: Any = None) -> None:
    """Keep what the original gives, or expect the same."""
    try:
        value = plain(first)
    except Unknown:  # it may be the second that was found
        try:
            value = plain(second)
        except Unknown:
            assert first == second, msg
            return
    rows = KEPT.setdefault(now["test"], [])
    if not OURS:
        rows.append(value)
        return
    now["at"] += 1
    assert now["at"] <= len(rows), "an assertion that the original did not come to"
    assert same(value, rows[now["at"] - 1]), f"{value} instead of {rows[now['at'] - 1]}"


for name in ("assertEqual", "assertListEqual", "assertDictEqual"):
    setattr(unittest.TestCase, name, assert_equal)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: Any) -> None:
    now.update(test=item.nodeid, at=0)


def pytest_sessionfinish() -> None:
    if not OURS:
        RECORD.write_text(json.dumps(KEPT), "utf-8")


def replace_names() -> None:
    """Put the package's names in the place of the original's."""
    import transformers
    import transformers.pipelines

    import bertlite_fast
    from bertlite_fast import models
    from bertlite_fast.tasks.base import Pipeline

    for names in (transformers, transformers.pipelines):
        for name in bertlite_fast.__all__:
            if hasattr(names, name):
                setattr(names, name, getattr(bertlite_fast, name))
    # one test file imports transformers a second time
    transformers.utils.direct_transformers_import = lambda path: transformers
    # a private name for what the pipelines here have as `settings`
    kind: Any = Pipeline
    kind._postprocess_params = property(lambda pipe: pipe.settings)
    # the original computes in fp32
    openers: list[Any] = [Pipeline.__init__, vars(models.AutoModel)["from_pretrained"].__func__]
    for function in openers:
        function.__kwdefaults__["precision"] = "fp32"


def answer_for_the_hub() -> None:
    """What the Hub would say of the task of a model that is named without one."""
    import transformers.pipelines

    def task(model: str, *more: Any, **settings: Any) -> str:
        found: str = TASKS.get(str(model), "text-classification")
        return found

    transformers.pipelines.get_task = task


TASKS = {"hf-internal-testing/tiny-bert-for-token-classification": "token-classification"}
if OURS:
    replace_names()
else:
    answer_for_the_hub()
