"""Results as NumPy arrays or torch tensors, and such values as rows of numbers.

NumPy is imported here, if it is installed; torch only where a tensor was asked for by name.
"""

from __future__ import annotations

import sys

from ._native import Tensor
from .errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def numpy_or_none() -> Any:
    try:
        import numpy
    except ImportError:
        return None
    return numpy


def torch_in_use() -> Any:
    """The module torch, if the caller has imported it."""
    return sys.modules.get("torch")


def required_torch(wanted: str) -> Any:
    """The module torch, for somebody who asked for a tensor."""
    try:
        import torch
    except ImportError:
        raise InputError(
            f"{wanted} needs torch, which is not installed; leave it out for a NumPy array."
        ) from None
    return torch


def as_array(values: Tensor) -> Any:
    """As a NumPy array that shares memory; without NumPy, the Tensor itself."""
    numpy = numpy_or_none()
    return values if numpy is None else numpy.asarray(values)


def as_torch(values: Tensor, torch: Any) -> Any:
    """As a torch tensor that shares memory."""
    if 0 in values.shape:
        return torch.empty(values.shape)
    return torch.frombuffer(values, dtype=torch.float32).reshape(values.shape)


def as_tensor_of_caller(values: Tensor) -> Any:
    """As a torch tensor for those who use torch, otherwise as an array."""
    torch = torch_in_use()
    return as_array(values) if torch is None else as_torch(values, torch)


def first_of(rows: Any) -> Any:
    """The first row; without NumPy, that of a Tensor as a memoryview."""
    if isinstance(rows, Tensor):
        return memoryview(rows).cast("B").cast("f")[: rows.shape[1]]
    return rows[0]


def list_of_rows(rows: Any) -> list[Any]:
    """Each row by itself; without NumPy, as a list of numbers."""
    return rows.tolist() if isinstance(rows, Tensor) else list(rows)


def is_vector(values: Any) -> bool:
    """Whether it is one vector, not rows of them."""
    if hasattr(values, "shape"):
        return len(values.shape) == 1
    return isinstance(values, (list, tuple)) and bool(values) and not hasattr(values[0], "__len__")


def as_rows(values: Any) -> Any:
    """Vectors (an array, a tensor, or a list of either) as rows of numbers; one as one row."""
    if isinstance(values, (list, tuple)):
        if not values:
            return []
        if hasattr(values[0], "__len__"):
            return [_plain(row) for row in values]
        return [values]
    values = _plain(values)
    shape: tuple[int, ...] = tuple(getattr(values, "shape", ()))
    if len(shape) == 1:
        return [values.tolist()]
    if len(shape) == 2 and shape[0] == 1 and isinstance(values, memoryview):
        return values.tolist()
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(values, numpy.ndarray):
        return numpy.ascontiguousarray(values, dtype=numpy.float32)
    return values


def _plain(values: Any) -> Any:
    """A torch tensor as an array on the CPU; anything else as it is."""
    if not hasattr(values, "detach"):
        return values
    values = values.detach().cpu()
    if str(values.layout) != "torch.strided":
        values = values.to_dense()
    return values.float().numpy() if numpy_or_none() is not None else values.tolist()
