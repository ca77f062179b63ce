"""Make the fuzzers' corpus: python tests/fuzz/make_corpus.py (needs torch for two of them)."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tools"))

import checkpoints

import bertlite_fast as bf

TEXTS = {
    "text": "tThe lights' naïve [MASK] café, 中文 한국 İSTANBUL "
    + "e\u0301\u0323\u302e\u0301 \u200d\x00\ufffd"
    + "a" * 70
    + " lights\u3000light",
    "words": "v[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nlight\n##s\n##ing \r\n\né\nthe\n",
    "config": (
        'o{"do_lower_case":false,"strip_accents":null,'
        '"mask_token":{"content":"[MASK]","lstrip":true},"model_max_length":1e30,'
        '"added_tokens_decoder":{"9":{"content":"Ab","normalized":true}},'
        '"additional_special_tokens":["<x>"],"model_input_names":["input_ids"]}'
    ),
}


def texts(out: Path) -> None:
    """The corpus of fuzz_text.c."""
    out.mkdir(exist_ok=True)
    for name, text in TEXTS.items():
        (out / name).write_bytes(text.encode())
    tokenizer = bf.Tokenizer(TEXTS["words"][1:].encode())
    (out / "json").write_bytes(b"j" + tokenizer.to_json())
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        spec = checkpoints.Spec(
            "fuzz", "encoder", layers=1, hidden=16, heads=2, intermediate=16, vocabulary=20
        )
        checkpoints.write(spec, folder)
        (folder / "vocab.txt").write_text(TEXTS["words"][1:], encoding="utf-8")
        bf.convert(folder, folder / "converted")
        data = (folder / "converted").read_bytes()
        at = data.index(b"BLV1")
        (out / "table").write_bytes(
            b"d" + data[at : at + int.from_bytes(data[at + 32 : at + 36], "little")]
        )


def ngrams(out: Path) -> None:
    """A converted classifier with n-grams: those of the ids that fuzz_files.c runs."""
    from bertlite_fast._training import Ngrams, Texts
    from bertlite_fast.finetune.saving import _write_tensors

    spec = checkpoints.Spec(
        "fuzz", "sequence-classification", layers=1, hidden=16, heads=2, intermediate=16,
        vocabulary=20, labels=2,
    )  # fmt: skip
    given = Texts([[0, 1, 2], [0, 3, 2], [0, 1, 4, 2], [0, 5, 2]] * 2)
    given.set_labels([0, 1, 0, 1] * 2)
    learned = Ngrams(given, range(8), labels=2, class_weights=None, most=16, fewest=1, seed=0)
    name = "bert.embeddings.position_embeddings.weight"
    tensors = checkpoints.arrays(spec)
    tensors[name] = tensors[name][:8]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "config.json").write_text(
            json.dumps(spec.config | {"max_position_embeddings": 8})
        )
        stored = [(n, "F32", list(a.shape), a.tobytes()) for n, a in tensors.items()]
        _write_tensors(str(folder / "model.safetensors"), [*stored, *learned.tensors(1.0)])
        bf.convert(folder, folder / "converted")
        (out / "b-ngrams").write_bytes(b"b" + (folder / "converted").read_bytes())


def main() -> None:
    texts(HERE / "texts")
    ngrams(HERE / "corpus")
    import torch

    spec = checkpoints.Spec(
        "fuzz", "encoder", layers=1, hidden=16, heads=2, intermediate=16, vocabulary=20
    )
    tensors = checkpoints.arrays(spec)
    tensors["embeddings.position_embeddings.weight"] = tensors[
        "embeddings.position_embeddings.weight"
    ][:8]
    out = HERE / "corpus"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "config.json").write_text(
            json.dumps(spec.config | {"max_position_embeddings": 8})
        )
        checkpoints.save_safetensors(folder / "model.safetensors", tensors)
        bf.convert(folder, folder / "converted")
        state = {name: torch.from_numpy(a.copy()) for name, a in list(tensors.items())[:6]}
        torch.save(state, folder / "zip")
        torch.save(state, folder / "legacy", _use_new_zipfile_serialization=False)
        for kind, source in (
            ("s", "model.safetensors"),
            ("b", "converted"),
            ("t", "zip"),
            ("t", "legacy"),
            ("c", "config.json"),
            ("j", "config.json"),
        ):
            (out / f"{kind}-{source}").write_bytes(kind.encode() + (folder / source).read_bytes())


if __name__ == "__main__":
    main()
