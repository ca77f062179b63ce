from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ._native import Model

def schedule_share(kind: str, step: int, warmup: int, total: int) -> float: ...
def shuffled(count: int, seed: int) -> list[int]: ...

class Texts:
    def __init__(self, rows: Iterable[Sequence[int]], types: Any = None) -> None: ...
    def __len__(self) -> int: ...
    def set_labels(self, labels: Iterable[int]) -> None: ...
    def set_targets(self, rows: Iterable[Iterable[float]]) -> None: ...
    def forget_vectors(self) -> None: ...
    @property
    def longest(self) -> int: ...
    def tokens(self, indices: Iterable[int]) -> int: ...

class Trainer:
    def __init__(
        self,
        model: Model,
        *,
        trained: str = "encoder",
        from_mean: bool = False,
        labels: int,
        loss: str = "one_label",
        smoothing: float = 0.0,
        class_weights: Sequence[float] | None = None,
        temperature: float = 0.1,
        hidden_dropout: float = 0.0,
        attention_dropout: float = 0.0,
        classifier_dropout: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        decay: float = 0.0,
        clip: float = 1.0,
        seed: int = 0,
        tokens: int,
        texts: int,
        length: int,
        threads: int = 1,
        isa: str | None = None,
    ) -> None: ...
    @property
    def bytes(self) -> int: ...
    @property
    def norm(self) -> float: ...
    def step(
        self,
        texts: Texts,
        indices: Iterable[int],
        *,
        number: int,
        rate: float,
        first: bool = True,
        last: bool = True,
        scale: float = 1.0,
    ) -> float: ...
    def batches(self, texts: Texts, indices: Iterable[int] | None = None) -> Iterator[Any]: ...
    def evaluate(
        self, texts: Texts, indices: Iterable[int] | None = None, *, loss: bool = True
    ) -> tuple[list[list[float]], Any]: ...
    def vectors(self, texts: Texts) -> None: ...
    def tensors(self) -> list[tuple[str, tuple[int, ...], bool]]: ...
    def read(self, name: str, *, gradient: bool = False) -> Any: ...
    def write(self, name: str, values: Any) -> None: ...
    def state(self, *, optimizer: bool = False) -> Any: ...
    def load_state(self, state: Any, *, optimizer: bool = False) -> None: ...

class Ngrams:
    def __init__(
        self,
        texts: Texts,
        rows: Iterable[int],
        *,
        labels: int,
        class_weights: Sequence[float] | None = None,
        epochs: int = 12,
        rate: float = 3.0,
        most: int = 16384,
        fewest: int = 1,
        seed: int = 0,
    ) -> None: ...
    def __len__(self) -> int: ...
    def evaluate(self, texts: Texts, rows: Iterable[int]) -> list[list[float]]: ...
    def tensors(self, scale: float) -> list[tuple[str, str, list[int], bytes]]: ...

class Mixed:
    def __init__(
        self,
        first: Iterable[Sequence[float]],
        second: Sequence[Sequence[float]] | None = None,
        labels: Iterable[int] | None = None,
    ) -> None: ...
    def find(self) -> tuple[tuple[float, float], float]: ...
    def answers(self, factors: tuple[float, float]) -> list[tuple[int, float]]: ...

def scaled(values: bytes, factor: float) -> bytes: ...
