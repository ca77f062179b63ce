"""The classifier of a SetFit folder, read from model_head.pkl without running what is in it.

joblib writes a scikit-learn classifier as a pickle with its arrays between the instructions. Those
instructions are followed here as far as they describe values: a call, whatever of, is kept as its
name and arguments, and only those of numbers and arrays are understood afterwards.
"""

from __future__ import annotations

import json
import os
import struct
from binascii import a2b_base64, b2a_base64
from math import prod

from ._native import linear, restored_tensor
from .checks import shown
from .errors import ModelConfigError, ModelFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._native import Tensor
    from .models import Model

NAME, SETTINGS = "model_head.pkl", "config_setfit.json"
KEY = "setfit"  # of a converted file's config, with what Head.values() says
LARGEST_FILE = 1 << 24  # a thousand labels of vectors as wide as any take half of it
MOST_STEPS = 1 << 20
EXPORT = (
    "where you trust the file, open it with setfit, give it a LogisticRegression as model_head, "
    "fitted on the same texts, and save it again; or open the folder as SentenceTransformer."
)
MARK = object()
WRAPPER = "joblib.numpy_pickle NumpyArrayWrapper"
REBUILT = ("numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct")
FROM_BUFFER = ("numpy.core.numeric _frombuffer", "numpy._core.numeric _frombuffer")
# type of an array's values: what struct calls it, and how many bytes it takes
FORMATS = {"f8": "d", "f4": "f", "i8": "q", "i4": "i", "i2": "h", "i1": "b", "b1": "?"}


class Named:
    """What a pickle names, or what it would make: a name, and what it is called with."""

    def __init__(self, name: str, arguments: Any = None) -> None:
        self.name, self.arguments = name, arguments
        self.state: Any = None


class Malformed(Exception):
    """The pickle is not one that joblib writes for a classifier."""


class Array:
    """An array's values, rows one behind the other, and its shape."""

    def __init__(self, shape: tuple[int, ...], values: list[Any]) -> None:
        self.shape, self.values = shape, values


class Pickle:
    """A pickle's bytes and where it is read."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.steps = data, 0, MOST_STEPS

    def take(self, count: int) -> bytes:
        if not 0 <= count <= len(self.data) - self.at:
            raise Malformed("it ends too early")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, size: int, signed: bool = False) -> int:
        return int.from_bytes(self.take(size), "little", signed=signed)

    def line(self) -> str:
        end = self.data.find(b"\n", self.at, self.at + 1000)
        if end < 0:
            raise Malformed("it ends too early")
        return self.take(end + 1 - self.at)[:-1].decode()

    def value(self, depth: int = 0) -> Any:
        """The value of the pickle that begins here."""
        stack: list[Any] = []
        memo: dict[int, Any] = {}
        while True:
            self.steps -= 1
            if self.steps < 0:
                raise Malformed("it is too long")
            code = self.take(1)
            if code == b".":
                return stack.pop()
            if code in SIMPLE:
                SIMPLE[code](self, stack)
            elif code == b"\x94":
                memo[len(memo)] = stack[-1]
            elif code in b"qr":
                memo[self.number(1 if code == b"q" else 4)] = stack[-1]
            elif code in b"hj":
                stack.append(memo[self.number(1 if code == b"h" else 4)])
            elif code == b"b":
                state, made = stack.pop(), stack[-1]
                if isinstance(made, Named):
                    made.state = self.array(state, depth) if made.name == WRAPPER else state
            else:
                raise Malformed(f"it has the instruction {code!r}")

    def array(self, state: Any, depth: int) -> Array:
        """The array behind joblib's description of it."""
        kind = state["dtype"].arguments[0]
        if kind == "O8" and not depth:
            return plain(self.value(1))
        if state.get("numpy_array_alignment_bytes") is not None:
            self.take(self.number(1))
        shape = state["shape"]
        data = self.take(array_size(shape, state["dtype"]))
        return Array(shape, values_of(data, shape, state["dtype"], state["order"] == "F"))


def above_mark(stack: list[Any]) -> list[Any]:
    """Take what is above the topmost mark, and the mark."""
    for i in range(len(stack) - 1, -1, -1):
        if stack[i] is MARK:
            found = stack[i + 1 :]
            del stack[i:]
            return found
    raise Malformed("a mark is missing")


def last(stack: list[Any], count: int) -> tuple[Any, ...]:
    if len(stack) < count:
        raise Malformed("a value is missing")
    found = tuple(stack[len(stack) - count :])
    del stack[len(stack) - count :]
    return found


def _set(stack: list[Any], items: Any) -> None:
    if isinstance(stack[-1], dict):  # numbers as keys could be chosen to collide
        stack[-1].update((k, v) for k, v in zip(items[::2], items[1::2]) if isinstance(k, str))


def _extend(stack: list[Any], items: Any) -> None:
    if isinstance(stack[-1], list):
        stack[-1].extend(items)


def _global(name: str, *more: str) -> Named:
    return Named(" ".join((name, *more)))


def _made(kind: Any, arguments: Any) -> Any:
    if not isinstance(kind, Named):
        raise Malformed("it calls a value")
    return Named(kind.name, arguments)


def _text(size: int) -> Any:
    return lambda p, s: s.append(p.take(p.number(size)).decode("utf-8", "surrogatepass"))


def _bytes(size: int) -> Any:
    return lambda p, s: s.append(p.take(p.number(size)))


def _whole(size: int, signed: bool = False) -> Any:
    return lambda p, s: s.append(p.number(size, signed))


def _long(p: Pickle, stack: list[Any]) -> None:
    stack.append(p.number(p.number(1), True))


def _constant(make: Any) -> Any:
    return lambda p, s: s.append(make())


def _tuple(count: int) -> Any:
    return lambda p, s: s.append(last(s, count))


# instruction: what it does with the stack
SIMPLE: dict[bytes, Any] = {
    b"\x80": lambda p, s: p.take(1),
    b"\x95": lambda p, s: p.take(8),  # a frame's size
    b"(": _constant(lambda: MARK),
    b"}": _constant(dict),
    b"]": _constant(list),
    b")": _constant(tuple),
    b"N": _constant(lambda: None),
    b"\x88": _constant(lambda: True),
    b"\x89": _constant(lambda: False),
    b"K": _whole(1),
    b"M": _whole(2),
    b"J": _whole(4, True),
    b"\x8a": _long,
    b"G": lambda p, s: s.append(struct.unpack(">d", p.take(8))[0]),
    b"\x8c": _text(1),
    b"X": _text(4),
    b"\x8d": _text(8),
    b"C": _bytes(1),
    b"B": _bytes(4),
    b"\x8e": _bytes(8),
    b"\x96": _bytes(8),
    b"\x85": _tuple(1),
    b"\x86": _tuple(2),
    b"\x87": _tuple(3),
    b"t": lambda p, s: s.append(tuple(above_mark(s))),
    b"u": lambda p, s: _set(s, above_mark(s)),
    b"s": lambda p, s: _set(s, last(s, 2)),
    b"e": lambda p, s: _extend(s, above_mark(s)),
    b"a": lambda p, s: _extend(s, last(s, 1)),
    b"0": lambda p, s: last(s, 1),
    b"c": lambda p, s: s.append(_global(p.line(), p.line())),
    b"\x93": lambda p, s: s.append(_global(*last(s, 2))),
    b"R": lambda p, s: s.append(_made(*last(s, 2))),
    b"\x81": lambda p, s: s.append(_made(*last(s, 2))),
}


# ---- arrays ---------------------------------------------------------------------------------


def array_size(shape: Any, dtype: Named) -> int:
    """Bytes of an array; its size is checked before anything is done with it."""
    if not isinstance(shape, tuple) or len(shape) > 2 or min(shape, default=0) < 0:
        raise Malformed("an array has a shape that no classifier has")
    kind = dtype.arguments[0]
    width = int(kind[1:]) * (4 if kind[0] == "U" else 1)
    if prod(shape) * width > LARGEST_FILE:
        raise Malformed("an array is too large")
    return int(prod(shape) * width)


def values_of(data: bytes, shape: tuple[int, ...], dtype: Named, turned: bool) -> list[Any]:
    """An array's values from its bytes. turned: its columns are one behind the other."""
    kind = dtype.arguments[0]
    order = ">" if dtype.state and dtype.state[1] == ">" else "<"
    found: list[Any]
    if kind[0] == "U":
        width = int(kind[1:]) * 4
        encoding = "utf-32-be" if order == ">" else "utf-32-le"
        parts = [data[i : i + width] for i in range(0, len(data), width)] if width else []
        found = [part.decode(encoding).rstrip("\0") for part in parts]
    elif kind in FORMATS:
        found = list(struct.unpack(f"{order}{prod(shape)}{FORMATS[kind]}", data))
    else:
        raise Malformed(f"it has an array of {kind}")
    if turned and found and len(shape) == 2:  # one of no values may claim any number of rows
        rows, columns = shape
        found = [found[c * rows + r] for r in range(rows) for c in range(columns)]
    return found


def plain(value: Any) -> Array:
    """A value of a pickle as an array, if it is one."""
    if isinstance(value, Named) and isinstance(value.state, Array):
        return value.state
    found = None
    if isinstance(value, Named) and value.name in REBUILT and isinstance(value.state, tuple):
        _, shape, dtype, turned, data = found = value.state
    elif isinstance(value, Named) and value.name in FROM_BUFFER:
        data, dtype, shape, order = found = value.arguments
        turned = order == "F"
    if found:
        if isinstance(data, list):  # of objects
            return Array(shape, data)
        if len(data) == array_size(shape, dtype):
            return Array(shape, values_of(data, shape, dtype, turned))
    raise Malformed("an array is missing")


# ---- classifiers ----------------------------------------------------------------------------


class Head:
    """A linear classifier of vectors: its labels, and how its logits become scores."""

    def __init__(self, labels: list[str], rows: Array, bias: list[float], function: str) -> None:
        self.labels, self.function = labels, function
        self.rows, self.bias = _tensor(rows.shape, rows.values), _tensor((1, len(bias)), bias)
        self.normalize = False

    def values(self) -> dict[str, Any]:
        """The classifier as the config of a converted file has it."""
        numbers = bytes(memoryview(self.rows)) + bytes(memoryview(self.bias))
        return {
            "labels": self.labels,
            "function": self.function,
            "normalize": self.normalize,
            "numbers": b2a_base64(numbers, newline=False).decode(),
        }

    def logits(self, vector: Tensor) -> Tensor:
        """A text's logits from its vector."""
        return linear(vector, self.rows, self.bias)


def _tensor(shape: tuple[int, ...], values: list[float]) -> Tensor:
    return restored_tensor(shape, struct.pack(f"={len(values)}f", *values))


def _regression(found: Any) -> tuple[Array, Array, Array]:
    """A LogisticRegression's coefficients, intercepts and classes."""
    if not isinstance(found, Named) or found.name.split(" ")[-1] != "LogisticRegression":
        name = found.name if isinstance(found, Named) else type(found).__name__
        raise Malformed(f"it holds {shown(name)}, not a LogisticRegression")
    if not isinstance(found.state, dict):
        raise Malformed("its classifier is not fitted")
    parts = [plain(found.state.get(name)) for name in ("coef_", "intercept_", "classes_")]
    rows, bias, classes = parts
    count = len(classes.values)
    if (
        len(rows.shape) != 2
        or rows.shape[0] != len(bias.values)
        or rows.shape[0] * rows.shape[1] != len(rows.values)
        or rows.shape[0] != (1 if count == 2 else count)
    ):
        raise Malformed("its coefficients and its classes do not fit each other")
    if not all(abs(value) < 1e30 for value in rows.values + bias.values):
        raise Malformed("a coefficient is not a finite number")
    if not all(isinstance(value, (str, int, float)) for value in classes.values):
        raise Malformed("its classes are neither words nor numbers")
    kind, solver = found.state.get("multi_class", "auto"), found.state.get("solver")
    if count > 2 and (kind == "ovr" or (kind != "multinomial" and solver == "liblinear")):
        raise Malformed("its LogisticRegression is one against the rest")
    if count == 2 and kind == "multinomial":
        rows.values = [2 * value for value in rows.values]
        bias.values = [2 * value for value in bias.values]
    return rows, bias, classes


def _head(found: Any, names: list[str] | None) -> Head:
    kind = found.name.split(" ")[-1] if isinstance(found, Named) else ""
    if kind in ("OneVsRestClassifier", "MultiOutputClassifier"):
        binarizer = found.state.get("label_binarizer_")  # of the former
        if binarizer and binarizer.state.get("y_type_") != "multilabel-indicator":
            raise Malformed("its classifiers choose one label among several")
        return _several(found.state["estimators_"], names)
    rows, bias, classes = _regression(found)
    labels = [
        names[value] if names and isinstance(value, int) and 0 <= value < len(names) else str(value)
        for value in classes.values
    ]
    if len(labels) == 2:  # the logits of 0 and x, whose softmax is the sigmoid of x
        shape = (2, rows.shape[1])
        rows = Array(shape, [0.0] * shape[1] + rows.values)
        return Head(labels, rows, [0.0, *bias.values], "softmax")
    return Head(labels, rows, bias.values, "softmax")


def _several(estimators: Any, names: list[str] | None) -> Head:
    """Classifiers that each say whether a label fits."""
    found, size = [], 0
    for one in estimators:  # which may be the same one many times
        found.append(_regression(one))
        size += len(found[-1][0].values) * 8
        if size > LARGEST_FILE:
            raise Malformed("its classifiers are too large")
    widths = {rows.shape[1] for rows, _, _ in found}
    if len(widths) != 1 or any(len(classes.values) != 2 for _, _, classes in found):
        raise Malformed("its classifiers do not fit each other")
    rows = Array((len(found), widths.pop()), [x for one, _, _ in found for x in one.values])
    labels = names if names and len(names) == len(found) else None
    return Head(
        labels or [str(i) for i in range(len(found))],
        rows,
        [x for _, one, _ in found for x in one.values],
        "sigmoid",
    )


def _settings(folder: str) -> dict[str, Any]:
    try:
        with open(os.path.join(folder, SETTINGS), encoding="utf-8") as file:
            found = json.load(file)
    except FileNotFoundError:
        found = {}
    except (OSError, ValueError, RecursionError):
        found = None
    names = found.get("labels") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not (
        names is None or (isinstance(names, list) and all(isinstance(x, str) for x in names))
    ):
        raise ModelFileError(f"{folder}/{SETTINGS} cannot be read; save the model again.")
    return found


def read_head(model: Model) -> Head:
    """The classifier in the folder of this model, which is open for vectors."""
    folder, sentence = str(model.source), model.sentence
    width = sentence["dimensions"] if sentence else model.info["hidden"]
    kept = vars(model.config).get(KEY)
    if kept is not None:
        return _kept(kept, width, folder)
    settings = _settings(folder)
    path = os.path.join(folder, NAME)
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}.") from None
    try:
        if len(data) > LARGEST_FILE:
            raise Malformed("it is too large")
        if data[:1] != b"\x80":
            raise Malformed("it is compressed, or no pickle of joblib")
        head = _head(Pickle(data).value(), settings.get("labels"))
        if head.rows.shape[1] != width:
            raise Malformed(f"it takes {head.rows.shape[1]} values, but vectors have {width}")
    except Malformed as problem:
        raise ModelConfigError(
            f"{path} is a pickle, which is only read, never run, and {problem}; {EXPORT}"
        ) from None
    except (
        ArithmeticError, AttributeError, LookupError, TypeError, ValueError, struct.error
    ):  # fmt: skip
        raise ModelConfigError(
            f"{path} is a pickle, which is only read, never run, and it is malformed; {EXPORT}"
        ) from None
    head.normalize = bool(settings.get("normalize_embeddings"))
    return head


def _kept(kept: Any, width: int, path: str) -> Head:
    """The classifier that the config of a converted file has."""
    try:
        labels, function = kept["labels"], kept["function"]
        count = len(labels)
        numbers = struct.unpack(f"={count * (width + 1)}f", a2b_base64(kept["numbers"]))
        if function not in ("softmax", "sigmoid") or not count:
            raise ValueError
        rows = Array((count, width), list(numbers[: count * width]))
        head = Head(
            [str(label) for label in labels], rows, list(numbers[count * width :]), function
        )
        head.normalize = bool(kept["normalize"])
    except (LookupError, TypeError, ValueError, struct.error):
        raise ModelConfigError(
            f"{path} has a classifier of SetFit that does not fit its vectors; convert its folder "
            "again."
        ) from None
    return head


def convert_with_head(folder: Any, file: Any, base: Any) -> None:
    """Convert a SetFit folder; its classifier goes into the config."""
    import shutil
    import tempfile

    from ._native import convert
    from .models import Model

    source = os.path.abspath(os.fsdecode(folder))
    head = read_head(Model(source, "embedding"))
    with tempfile.TemporaryDirectory() as again:
        for name in os.listdir(source):
            if name not in (NAME, "config.json"):
                origin, target = os.path.join(source, name), os.path.join(again, name)
                try:
                    os.symlink(origin, target)
                except OSError:  # a system without links
                    copy = shutil.copytree if os.path.isdir(origin) else shutil.copy
                    copy(origin, target)
        with open(os.path.join(source, "config.json"), encoding="utf-8") as read:
            config = {**json.load(read), KEY: head.values()}
        with open(os.path.join(again, "config.json"), "w", encoding="utf-8") as write:
            json.dump(config, write)
        convert(again, os.path.abspath(os.fsdecode(file)), base=base)
