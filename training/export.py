"""From a training run to the files of the package.

    python training/export.py DATA RUN

Writes training/base (the encoder as a Hugging Face folder, in float16), bertlite_fast/weights/*.bertlite (the
embedded models) and training/models/*.bertlite (models for sets with labels of their own, not in the package).
The intent model's threshold is set here, on validation.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import labelled
import sets
import torch
from network import PIECES, PLACES
from safetensors.torch import save_file
from torch import Tensor

from bertlite_fast import convert, embedded, pipeline

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "bertlite_fast/weights"
MODELS = ROOT / "training/models"
ARCHITECTURES = {
    "classes": "SequenceClassification",
    "tokens": "TokenClassification",
    "answers": "QuestionAnswering",
    "words": "MaskedLM",
}
KEEP = 0.95  # of the requests that the intent model knows


def encoder_tensors(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Hugging Face's names."""
    found = {
        "embeddings.word_embeddings.weight": state["table"],
        "embeddings.position_embeddings.weight": state["places"],
        "embeddings.token_type_embeddings.weight": state["types"],
        "embeddings.LayerNorm.weight": state["norm.weight"],
        "embeddings.LayerNorm.bias": state["norm.bias"],
    }
    names = {
        "out": "attention.output.dense",
        "out_norm": "attention.output.LayerNorm",
        "wide": "intermediate.dense",
        "narrow": "output.dense",
        "norm": "output.LayerNorm",
    }
    layer = 0
    while f"layers.{layer}.qkv.weight" in state:
        for kind in ("weight", "bias"):
            for name, part in zip(
                ("query", "key", "value"), state[f"layers.{layer}.qkv.{kind}"].chunk(3)
            ):
                found[f"encoder.layer.{layer}.attention.self.{name}.{kind}"] = part
            for ours, theirs in names.items():
                found[f"encoder.layer.{layer}.{theirs}.{kind}"] = state[
                    f"layers.{layer}.{ours}.{kind}"
                ]
        layer += 1
    return {f"bert.{name}": tensor for name, tensor in found.items()}


def head_tensors(kind: str, head: dict[str, Tensor]) -> dict[str, Tensor]:
    if kind == "words":
        return {
            "cls.predictions.transform.dense.weight": head["dense.weight"],
            "cls.predictions.transform.dense.bias": head["dense.bias"],
            "cls.predictions.transform.LayerNorm.weight": head["norm.weight"],
            "cls.predictions.transform.LayerNorm.bias": head["norm.bias"],
            "cls.predictions.bias": head["bias"],
        }
    name = "qa_outputs" if kind == "answers" else "classifier"
    found = {f"{name}.weight": head["out.weight"], f"{name}.bias": head["out.bias"]}
    if kind == "classes":
        found |= {
            "bert.pooler.dense.weight": head["pooler.weight"],
            "bert.pooler.dense.bias": head["pooler.bias"],
        }
    return found


def config(
    kind: str, state: dict[str, Tensor], labels: list[str], more: dict[str, Any]
) -> dict[str, Any]:
    hidden = state["table"].shape[1]
    found: dict[str, Any] = {
        "architectures": [
            f"BertFor{ARCHITECTURES[kind]}" if kind in ARCHITECTURES else "BertModel"
        ],
        "model_type": "bert",
        "vocab_size": PIECES,
        "hidden_size": hidden,
        "num_hidden_layers": sum(name.endswith("qkv.weight") for name in state),
        "num_attention_heads": 2,
        "intermediate_size": 4 * hidden,
        "hidden_act": "gelu",
        "max_position_embeddings": PLACES,
        "type_vocab_size": 2,
        "layer_norm_eps": 1e-12,
        "hidden_dropout_prob": 0.05,
        "attention_probs_dropout_prob": 0.05,
        "pad_token_id": 0,
    }
    if labels:
        found |= {
            "id2label": {str(i): label for i, label in enumerate(labels)},
            "label2id": {label: i for i, label in enumerate(labels)},
        }
    return found | more


def shortened(name: str, tensor: Tensor) -> Tensor:
    """What stays a float in the package, to eleven bits: nobody can tell, and a wheel packs it into half as much."""
    return (
        tensor.half().float()
        if tensor.ndim == 1 or "position" in name or "token_type" in name
        else tensor.float()
    )


def write_folder(
    folder: Path,
    vocabulary: Path,
    kind: str,
    encoder: dict[str, Tensor],
    head: dict[str, Tensor],
    labels: list[str],
    more: dict[str, Any],
    half: bool = False,
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tensors = encoder_tensors(encoder) | (head_tensors(kind, head) if head else {})
    save_file(
        {n: (t.half() if half else shortened(n, t)).contiguous() for n, t in tensors.items()},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    (folder / "config.json").write_text(
        json.dumps(config(kind, encoder, labels, more), indent=1) + "\n", encoding="utf-8"
    )
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {"do_lower_case": True, "tokenizer_class": "BertTokenizer", "model_max_length": PLACES}
        )
        + "\n",
        encoding="utf-8",
    )
    shutil.copy(vocabulary, folder / "vocab.txt")


def intent_threshold(data: Path, file: Path) -> dict[str, float]:
    """As high as keeps 95 % of the known requests of validation; and what it lets through of others."""
    pipe: Any = pipeline("intent-classification", str(file))
    items = labelled.intent_items(data, "validation", 200)
    known = [text for text, label in items if label != labelled.NONE]
    unknown = [i["text"] for i in sets.read(data, "clinc150", "validation") if i["label"] == "oos"]
    found: dict[str, float] = pipe.calibrate(known, unknown, KEEP)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path)
    args = parser.parse_args()
    vocabulary = args.data / "vocab.txt"
    WEIGHTS.mkdir(exist_ok=True)
    MODELS.mkdir(exist_ok=True)
    words = torch.load(args.run / "words.pt", weights_only=True)
    base = WEIGHTS / "base.bertlite"
    shared = torch.load(args.run / "together.pt", weights_only=True)  # of BERT-Lite's own shape
    write_folder(
        ROOT / "training/base",
        vocabulary,
        "words",
        shared["words"],
        shared["head"],
        [],
        {},
        half=True,
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "base"
        write_folder(folder, vocabulary, "words", words["encoder"], words["head"], [], {})
        convert(folder, base)
        for path in sorted(args.run.glob("*.pt")):
            if path.stem in ("words", "vectors", "together", "again"):
                continue
            state = torch.load(path, weights_only=True)
            name = "vectors" if path.stem == "vectors-alone" else path.stem
            kind, labels = state.get("kind", "vectors"), state.get("labels", [])
            out = (WEIGHTS if name in embedded.MADE_FOR else MODELS) / f"{name}.bertlite"
            more: dict[str, Any] = {"pooling": "mean"} if kind == "vectors" else {}
            if name in ("intent", "clinc150"):
                more = {
                    "refused_labels": ["none" if name == "intent" else "oos"],
                    "intent_threshold": 0.0,
                }
            folder = Path(scratch) / name
            write_folder(
                folder, vocabulary, kind, state["encoder"], state.get("head", {}), labels, more
            )
            convert(folder, out, base=base)
            if name == "intent":
                found = intent_threshold(args.data, out)
                more["intent_threshold"] = round(found["threshold"], 4)
                more["intent_kept"], more["intent_false_accepts"] = (
                    round(found["kept"], 4),
                    round(found["false_accepts"], 4),
                )
                write_folder(
                    folder, vocabulary, kind, state["encoder"], state["head"], labels, more
                )
                convert(folder, out, base=base)
                print(f"intent: {more}")
            print(f"{out.relative_to(ROOT)}: {out.stat().st_size / 1000:.0f} KB")
    print(
        f"base: {base.stat().st_size / 1e6:.2f} MB; all embedded: {sum(p.stat().st_size for p in WEIGHTS.glob('*.bertlite')) / 1e6:.2f} MB"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
