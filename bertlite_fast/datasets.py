"""Columns of a dataset, for pipelines, as transformers has them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class KeyDataset:
    """One column of a dataset: what each of its items has under a key.

    >>> rows = [{"text": "turn on the light"}, {"text": "play music"}]
    >>> list(KeyDataset(rows, "text"))
    ['turn on the light', 'play music']
    """

    def __init__(self, dataset: Any, key: str) -> None:
        self.dataset = dataset
        self.key = key

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, i: int) -> Any:
        return self.dataset[i][self.key]

    def __iter__(self) -> Iterator[Any]:
        for i in range(len(self)):
            yield self[i]


class KeyPairDataset(KeyDataset):
    """Two columns of a dataset, as pairs of texts.

    >>> rows = [{"a": "turn on the light", "b": "lights on"}]
    >>> list(KeyPairDataset(rows, "a", "b"))
    [{'text': 'turn on the light', 'text_pair': 'lights on'}]
    """

    def __init__(self, dataset: Any, key1: str, key2: str) -> None:
        super().__init__(dataset, key1)
        self.key2 = key2

    def __getitem__(self, i: int) -> Any:
        item = self.dataset[i]
        return {"text": item[self.key], "text_pair": item[self.key2]}
