"""Columns of a dataset, for pipelines, and batches of rows, as transformers has them."""

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


class DataCollatorWithPadding:
    """Rows of a data set, as a tokenizer gave them, as a batch of equal length.

    >>> from bertlite_fast import AutoTokenizer
    >>> tokenizer = AutoTokenizer.from_pretrained("my-bert")
    >>> collate = DataCollatorWithPadding(tokenizer, return_tensors="np")
    >>> collate([tokenizer("light"), tokenizer("the light")])["input_ids"].shape
    (2, 4)
    """

    def __init__(
        self,
        tokenizer: Any,
        padding: Any = True,
        max_length: int | None = None,
        pad_to_multiple_of: int | None = None,
        return_tensors: str = "pt",
    ) -> None:
        self.tokenizer, self.padding, self.max_length = tokenizer, padding, max_length
        self.pad_to_multiple_of, self.return_tensors = pad_to_multiple_of, return_tensors

    def __call__(self, features: list[dict[str, Any]]) -> Any:
        """The batch; its `label` or `label_ids` are called `labels`, as models have it."""
        batch = self.tokenizer.pad(
            features,
            padding=self.padding,
            max_length=self.max_length,
            pad_to_multiple_of=self.pad_to_multiple_of,
            return_tensors=self.return_tensors,
        )
        for name in ("label", "label_ids"):
            if name in batch:
                batch["labels"] = batch.pop(name)
        return batch
