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


class DataCollatorForTokenClassification(DataCollatorWithPadding):
    """The same for rows whose labels are those of tokens: these are padded too.

    >>> from bertlite_fast import AutoTokenizer
    >>> tokenizer = AutoTokenizer.from_pretrained("my-bert")
    >>> collate = DataCollatorForTokenClassification(tokenizer, return_tensors="np")
    >>> rows = [{"input_ids": [2, 5, 3], "labels": [-100, 1, -100]}]
    >>> rows.append({"input_ids": [2, 3], "labels": [0, 0]})
    >>> collate(rows)["labels"].tolist()
    [[-100, 1, -100], [0, 0, -100]]
    """

    def __init__(
        self,
        tokenizer: Any,
        padding: Any = True,
        max_length: int | None = None,
        pad_to_multiple_of: int | None = None,
        label_pad_token_id: int = -100,
        return_tensors: str = "pt",
    ) -> None:
        super().__init__(tokenizer, padding, max_length, pad_to_multiple_of, return_tensors)
        self.label_pad_token_id = label_pad_token_id

    def __call__(self, features: list[dict[str, Any]]) -> Any:
        """The batch."""
        from .batch_encoding import tensors

        name = "label" if "label" in features[0] else "labels"
        rest = [{key: row[key] for key in row if key != name} for row in features]
        batch = super().__call__(rest)
        if name not in features[0]:
            return batch
        rows = [listed(row[name]) for row in features]
        width = batch["input_ids"].shape[1]
        for row in rows:
            padding = [self.label_pad_token_id] * (width - len(row))
            row[:] = padding + row if self.tokenizer.padding_side == "left" else row + padding
        batch.update(tensors({"labels": rows}, self.return_tensors))
        return batch


def default_data_collator(features: list[Any], return_tensors: str = "pt") -> dict[str, Any]:
    """Rows of equal length as a batch, whose `label` or `label_ids` are called `labels`."""
    from .batch_encoding import tensors

    features = [row if isinstance(row, dict) else vars(row) for row in features]
    batch: dict[str, Any] = {}
    for key, value in features[0].items():
        if value is None or isinstance(value, str):
            continue
        name = "labels" if key in ("label", "label_ids") else key
        values = [listed(row[key]) for row in features]
        if return_tensors == "np" and isinstance(values[0], float):
            import numpy

            batch[name] = numpy.array(values)
        else:
            batch.update(tensors({name: values}, return_tensors))
    return batch


class DefaultDataCollator:
    """default_data_collator as an object."""

    def __init__(self, return_tensors: str = "pt") -> None:
        self.return_tensors = return_tensors

    def __call__(self, features: list[Any], return_tensors: str | None = None) -> dict[str, Any]:
        """The batch."""
        return default_data_collator(features, return_tensors or self.return_tensors)


def listed(value: Any) -> Any:
    """A tensor or an array as a list, which is new; a number as it is."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return list(value) if isinstance(value, (list, tuple)) else value
