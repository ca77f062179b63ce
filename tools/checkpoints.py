"""Small checkpoints from seeds, for tests and benchmarks, written without torch."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

FAMILY_HEADS = {
    "encoder": "Model",
    "masked-lm": "ForMaskedLM",
    "sequence-classification": "ForSequenceClassification",
    "token-classification": "ForTokenClassification",
    "question-answering": "ForQuestionAnswering",
}


@dataclass(frozen=True)
class Spec:
    """A checkpoint: its shape, its head, and what its inputs look like."""

    name: str
    task: str
    layers: int = 2
    hidden: int = 64
    heads: int = 2
    intermediate: int = 256
    vocabulary: int = 1000
    activation: str = "gelu"
    distil: bool = False
    labels: int = 5
    lengths: tuple[int, ...] = field(default=(1, 37))

    @property
    def config(self) -> dict[str, Any]:
        labels = 2 if self.task == "question-answering" else self.labels
        common = {
            "architectures": [("DistilBert" if self.distil else "Bert") + FAMILY_HEADS[self.task]],
            "vocab_size": self.vocabulary,
            "max_position_embeddings": 512,
            "id2label": {str(i): f"LABEL_{i}" for i in range(labels)},
            "label2id": {f"LABEL_{i}": i for i in range(labels)},
        }
        if self.distil:
            return common | {
                "model_type": "distilbert",
                "n_layers": self.layers,
                "dim": self.hidden,
                "n_heads": self.heads,
                "hidden_dim": self.intermediate,
                "activation": self.activation,
            }
        return common | {
            "model_type": "bert",
            "num_hidden_layers": self.layers,
            "hidden_size": self.hidden,
            "num_attention_heads": self.heads,
            "intermediate_size": self.intermediate,
            "hidden_act": self.activation,
            "type_vocab_size": 2,
            "layer_norm_eps": 1e-12,
        }


TASKS = list(FAMILY_HEADS)
SPECS = [
    *[
        Spec(
            f"L2H64-{task}",
            task,
            lengths=(1, 2, 16, 37, 128, 512) if task == "encoder" else (1, 37),
        )
        for task in TASKS
    ],
    *[Spec(f"distil-L2H64-{task}", task, distil=True) for task in TASKS],
    Spec("L2H64-tanh-gelu", "encoder", activation="gelu_new"),
    Spec("L2H64-relu", "encoder", activation="relu"),
    Spec(
        "narrow", "sequence-classification", layers=1, heads=1, intermediate=16, lengths=(1, 2, 9)
    ),
    Spec(
        "odd",
        "sequence-classification",
        hidden=20,
        heads=4,
        intermediate=10,
        labels=17,
        lengths=(1, 2, 9),
    ),
    Spec(
        "odd-words", "masked-lm", hidden=20, heads=4, intermediate=10, vocabulary=11, lengths=(1, 9)
    ),
    Spec(
        "L2H128",
        "sequence-classification",
        hidden=128,
        heads=2,
        intermediate=512,
        lengths=(1, 37, 200),
    ),
    Spec("L4H256", "sequence-classification", layers=4, hidden=256, heads=4, intermediate=1024),
    Spec("L2H312", "encoder", hidden=312, heads=12, intermediate=1200, vocabulary=300),
    Spec("L6H384", "encoder", layers=6, hidden=384, heads=12, intermediate=1536, vocabulary=300),
    Spec("L2H768", "encoder", hidden=768, heads=12, intermediate=3072, vocabulary=300),
    Spec(
        "distil-L2H768",
        "masked-lm",
        hidden=768,
        heads=12,
        intermediate=3072,
        vocabulary=300,
        distil=True,
    ),
]


def tensors(spec: Spec) -> Iterator[tuple[str, tuple[int, ...], str]]:
    """Names, shapes and kinds, as transformers saves them."""
    h, i, v = spec.hidden, spec.intermediate, spec.vocabulary

    def linear(name: str, out: int, into: int) -> Iterator[tuple[str, tuple[int, ...], str]]:
        yield f"{name}.weight", (out, into), "weight"
        yield f"{name}.bias", (out,), "bias"

    def norm(name: str) -> Iterator[tuple[str, tuple[int, ...], str]]:
        yield f"{name}.weight", (h,), "gain"
        yield f"{name}.bias", (h,), "bias"

    prefix = "" if spec.task == "encoder" else "distilbert." if spec.distil else "bert."
    yield f"{prefix}embeddings.word_embeddings.weight", (v, h), "table"
    yield f"{prefix}embeddings.position_embeddings.weight", (512, h), "table"
    if not spec.distil:
        yield f"{prefix}embeddings.token_type_embeddings.weight", (2, h), "table"
    yield from norm(f"{prefix}embeddings.LayerNorm")
    for n in range(spec.layers):
        if spec.distil:
            p = f"{prefix}transformer.layer.{n}."
            for part in ("q_lin", "k_lin", "v_lin", "out_lin"):
                yield from linear(f"{p}attention.{part}", h, h)
            yield from norm(f"{p}sa_layer_norm")
            yield from linear(f"{p}ffn.lin1", i, h)
            yield from linear(f"{p}ffn.lin2", h, i)
            yield from norm(f"{p}output_layer_norm")
        else:
            p = f"{prefix}encoder.layer.{n}."
            for part in ("self.query", "self.key", "self.value", "output.dense"):
                yield from linear(f"{p}attention.{part}", h, h)
            yield from norm(f"{p}attention.output.LayerNorm")
            yield from linear(f"{p}intermediate.dense", i, h)
            yield from linear(f"{p}output.dense", h, i)
            yield from norm(f"{p}output.LayerNorm")
    if not spec.distil and spec.task in ("encoder", "sequence-classification"):
        yield from linear(f"{prefix}pooler.dense", h, h)
    if spec.distil and spec.task == "sequence-classification":
        yield from linear("pre_classifier", h, h)
    if spec.task in ("sequence-classification", "token-classification"):
        yield from linear("classifier", spec.labels, h)
    if spec.task == "question-answering":
        yield from linear("qa_outputs", 2, h)
    if spec.task == "masked-lm" and spec.distil:
        yield from linear("vocab_transform", h, h)
        yield from norm("vocab_layer_norm")
        yield "vocab_projector.bias", (v,), "bias"
    elif spec.task == "masked-lm":
        yield from linear("cls.predictions.transform.dense", h, h)
        yield from norm("cls.predictions.transform.LayerNorm")
        yield "cls.predictions.bias", (v,), "bias"


def arrays(spec: Spec) -> dict[str, np.ndarray]:
    """The weights: RandomState's stream is the same in every version of NumPy."""
    random = np.random.RandomState(sum(spec.name.encode()))
    out: dict[str, np.ndarray] = {}
    for name, shape, kind in tensors(spec):
        values = random.uniform(-1, 1, shape)
        width = {"weight": 2 / np.sqrt(shape[-1]), "bias": 0.1, "gain": 0.3, "table": 1.0}[kind]
        out[name] = (values * width + (kind == "gain")).astype(np.float32)
    return out


def save_safetensors(
    path: Path, tensors: dict[str, np.ndarray], metadata: dict[str, str] | None = None
) -> None:
    names = {"f": "F32", "b": "I8"}
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    at = 0
    for name, a in tensors.items():
        header[name] = {
            "dtype": names[a.dtype.char],
            "shape": list(a.shape),
            "data_offsets": [at, at + a.nbytes],
        }
        at += a.nbytes
    text = json.dumps(header).encode()
    path.write_bytes(
        struct.pack("<Q", len(text)) + text + b"".join(a.tobytes() for a in tensors.values())
    )


def write(spec: Spec, folder: Path) -> Path:
    """The checkpoint as a Hugging Face folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(spec.config))
    save_safetensors(folder / "model.safetensors", arrays(spec))
    return folder


Inputs = dict[str, Any]


def inputs(spec: Spec) -> list[tuple[str, Inputs]]:
    """Named inputs: single texts of several lengths, and a batch with padding and types."""
    random = np.random.RandomState(7)
    cases: list[tuple[str, Inputs]] = []
    for n in spec.lengths:
        cases.append((f"one-{n}", {"input_ids": random.randint(0, spec.vocabulary, (1, n))}))
    ids = random.randint(0, spec.vocabulary, (3, 21))
    mask = np.ones((3, 21), np.int64)
    mask[1, 13:] = 0
    mask[2, 1:] = 0
    batch: Inputs = {"input_ids": ids, "attention_mask": mask}
    if not spec.distil:
        batch["token_type_ids"] = random.randint(0, 2, (3, 21))
    return [*cases, ("batch", batch)]


def sample(name: str, value: np.ndarray) -> np.ndarray:
    """The part of an output that is stored: all tokens, some of many columns."""
    if value.ndim == 3 and value.shape[2] > 8:
        return value[:, :, :: -(-value.shape[2] // 8)]
    return value


def unmasked(value: np.ndarray, case: Inputs) -> np.ndarray:
    """Outputs per token at the tokens that are not padding."""
    mask = case.get("attention_mask")
    per_token = value.ndim >= 2 and value.shape[:2] == case["input_ids"].shape
    return value[mask == 1] if mask is not None and per_token else value
