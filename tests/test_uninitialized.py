"""No object crashes the interpreter, even if its __init__ did not run, or failed.

Debuggers, `pytest -l` and error reporters take the repr of whatever they find. The walk happens in
a process of its own, so that a crash is a failed test; it says what was called last.
"""

from __future__ import annotations

import copy
import inspect
import itertools
import operator
import os
import pickle
import subprocess
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import test_tasks

import bertlite_fast as bf
from bertlite_fast import _native

ODD: tuple[Any, ...] = (None, 0, -1, 2, 2**70, 0.5, "a", "\ud800", b"x", [], [None], [[1]], {})
ODD += (object(), bf.Tensor(), bf.Encoding.__new__(bf.Encoding), bf.Model.__new__(bf.Model))
ODD += (bf.Tokenizer.__new__(bf.Tokenizer), [bf.Encoding.__new__(bf.Encoding)])
# These would end the walk or say nothing about an object.
SKIPPED = {"__class__", "__init_subclass__", "__subclasshook__", "__new__", "__dir__"}


def classes() -> list[type]:
    """The public classes, and all compiled ones."""
    found = [getattr(bf, name) for name in bf.__all__] + list(vars(_native).values())
    own = (one for one in found if isinstance(one, type) and one.__module__.startswith("bertlite"))
    return sorted(set(own), key=lambda one: (one.__module__, one.__qualname__))


def functions() -> list[Callable[..., Any]]:
    found = [getattr(bf, name) for name in bf.__all__] + list(vars(_native).values())
    return [f for f in found if callable(f) and not isinstance(f, (type, types.ModuleType))]


def unfinished(kind: type) -> Iterator[tuple[str, Any]]:
    """Objects of a class whose __init__ did not run, or failed."""
    name = kind.__name__
    yield f"{name}.__new__()", attempt(blank, kind)
    yield f"{name}()", attempt(kind)
    for n, arguments in enumerate(itertools.product(ODD, repeat=2)):
        failed = attempt(blank, kind)
        attempt(type(failed).__init__, failed, arguments[0])
        attempt(type(failed).__init__, failed, *arguments)
        if n % 60 == 0:
            yield f"{name} after __init__{arguments!a}", failed
    if not issubclass(kind, BaseException):
        yield f"Sub{name}()", attempt(heir, kind)


def blank(kind: Any) -> Any:
    return kind.__new__(kind)


def heir(kind: type) -> Any:
    """An object of a subclass whose __init__ does not call super().__init__()."""
    return type(f"Sub{kind.__name__}", (kind,), {"__init__": lambda self: None})()


def attempt(call: Callable[..., Any], *arguments: Any) -> Any:
    """What a call returns, or the error that it raises; Python's internal errors are passed on."""
    try:
        return call(*arguments)
    except SystemError:
        raise
    except Exception as error:
        return error


LOG = os.open(sys.argv[3], os.O_WRONLY | os.O_CREAT) if __name__ == "__main__" else -1


def say(*what: object) -> None:
    """Write to a file without a buffer: its last line must survive a crash."""
    os.write(LOG, (" ".join(ascii(part) for part in what) + "\n").encode())


def use(name: str, thing: Any, deep: bool) -> None:
    """Do everything with an object that can be done with one."""
    works: tuple[Callable[..., Any], ...] = (repr, str, len, bool, hash, list, iter, memoryview)
    for work in (*works, copy.copy, copy.deepcopy):
        say(name, work)
        attempt(work, thing)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        say(name, "pickle", protocol)
        data = attempt(pickle.dumps, thing, protocol)
        if isinstance(data, bytes):
            attempt(repr, attempt(pickle.loads, data))
    for other in ODD:
        say(name, "operators", other.__class__)
        for operation in (operator.eq, operator.lt, operator.getitem, operator.contains):
            attempt(operation, thing, other)
    for attribute in dir(thing):
        if attribute in SKIPPED:
            continue
        say(name, attribute)
        value = attempt(getattr, thing, attribute)
        say(name, attribute, "repr")
        attempt(repr, value)
        if callable(value) and not isinstance(value, (type, Exception)):
            call(f"{name}.{attribute}", value, deep)
    for attribute in dir(thing):
        if not attribute.startswith("__"):
            change(name, thing, attribute)


def change(name: str, thing: Any, attribute: str) -> None:
    """Set an attribute to unusual values, and delete it."""
    odd: Any
    for odd in (None, 5, "a", []):
        say(name, "set", attribute, odd)
        attempt(setattr, thing, attribute, odd)
        attempt(getattr, thing, attribute)
    attempt(repr, thing)
    say(name, "delete", attribute)
    attempt(delattr, thing, attribute)
    attempt(repr, thing)


def call(name: str, function: Callable[..., Any], deep: bool) -> None:
    """Call without arguments, with one, with two, and with all of them; all are unusual."""
    say(name, "called")
    attempt(function)
    try:
        parameters = len(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        parameters = 2
    for odd in ODD:
        for count in {1, 2, 3, parameters} if deep else {1, parameters}:
            say(name, "called with", count, odd.__class__)
            finish(attempt(function, *[odd] * count))
    if deep and parameters == 2:
        for a, b in itertools.product(ODD, repeat=2):
            say(name, "called with", a.__class__, b.__class__)
            finish(attempt(function, a, b))


def finish(result: Any) -> None:
    """Exhaust generators, which do nothing before."""
    if isinstance(result, types.GeneratorType):
        attempt(list, itertools.islice(result, 3))
    attempt(repr, result)


def opened(folder: str) -> Iterator[tuple[str, Any]]:
    """Initialized objects, to be called in unusual ways."""
    yield "model", bf.AutoModel.from_pretrained(folder)
    tokenizer = bf.AutoTokenizer.from_pretrained(folder)
    yield "tokenizer", tokenizer
    yield "encoding", tokenizer("light on")[0]
    yield "batch", tokenizer(["light", "on"])
    output = bf.AutoModel.from_pretrained(folder)([[1, 2, 3]])
    yield "output", output
    yield "tensor", output.tensor
    classifier = bf.AutoModelForSequenceClassification.from_pretrained(folder)
    yield "text model", _native.TextModel(classifier, tokenizer)


def walk(part: str, folder: str) -> None:
    warnings.simplefilter("ignore")
    if part == "opened":
        for name, thing in opened(folder):
            use(name, thing, False)
    elif part == "functions":
        for function in functions():
            call(function.__name__, function, True)
    else:
        (kind,) = (one for one in classes() if f"{one.__module__}.{one.__qualname__}" == part)
        for n, (name, thing) in enumerate(unfinished(kind)):
            use(name, thing, n == 0)
    say("done")


PARTS = [f"{one.__module__}.{one.__qualname__}" for one in classes()] + ["functions", "opened"]


@pytest.mark.parametrize("part", PARTS)
def test_nothing_crashes(part: str, tmp_path: Path) -> None:
    folder = test_tasks.make(tmp_path / "model", "sequence-classification", ["on", "off"])
    log = tmp_path / "log"
    (tmp_path / "work").mkdir()  # some calls write
    root = Path(__file__).resolve().parents[1]
    paths = [str(root / "tests"), str(root / "tools"), str(root), os.environ.get("PYTHONPATH", "")]
    run = subprocess.run(
        [sys.executable, "-X", "faulthandler", __file__, part, str(folder), str(log)],
        cwd=tmp_path / "work",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    last = log.read_text().splitlines()[-1:]
    assert run.returncode == 0, f"at {last}: {run.stderr[-2000:]}"
    assert last == ["'done'"]


def test_an_object_that_failed_to_open_says_so(tiny: Path) -> None:
    model = bf.Model.__new__(bf.Model)
    for task in ("nonsense", "masked-lm"):
        with pytest.raises(bf.ModelConfigError):
            model.__init__(tiny, task)  # type: ignore[misc]
    assert repr(model) == "<Model: not open>"
    with pytest.raises(bf.InputError, match="this model is not open"):
        model([[1, 2]])
    model.__init__(tiny)  # type: ignore[misc]
    assert model([[1, 2]]).tensor.shape == (1, 2, 64)
    with pytest.raises(bf.BertliteError, match="open already"):
        model.__init__(tiny)  # type: ignore[misc]
    tokenizer = bf.Tokenizer.__new__(bf.Tokenizer)
    assert repr(tokenizer) == "<Tokenizer: not open>"
    with pytest.raises(bf.InputError, match="this tokenizer is not open"):
        tokenizer("light", truncation=True)
    assert bf.Tensor().tolist() == list(memoryview(bf.Tensor())) == []


def test_a_row_may_grow_while_it_is_read(tiny: Path) -> None:
    row: list[object] = []

    class Growing:
        def __index__(self) -> int:
            row.extend([1] * 1000)
            return 1

    row += [Growing(), 2]
    assert bf.Model(tiny)([row, [1]]).tensor.shape == (2, 2, 64)


if __name__ == "__main__":
    walk(*sys.argv[1:3])
