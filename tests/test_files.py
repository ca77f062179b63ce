"""Model files: what must be read, and what must be refused without a crash."""

from __future__ import annotations

import json
import os
import shutil
import struct
from pathlib import Path
from typing import Any

import checkpoints
import numpy as np
import pytest

import bertlite_fast as bf

FIXTURES = Path(__file__).parent / "fixtures"
SPEC = next(s for s in checkpoints.SPECS if s.name == "L2H64-encoder")


def digest(model: bf.Model) -> bytes:
    return np.asarray(model([[1, 2, 3, 4]]).tensor).tobytes()


def test_a_converted_file_returns_the_same_bytes(folders: dict[str, Path], tmp_path: Path) -> None:
    for spec in checkpoints.SPECS:
        if spec.hidden > 320:
            continue
        target = tmp_path / f"{spec.name}.bertlite"
        bf.convert(folders[spec.name], target)
        folder, file = bf.Model(folders[spec.name], spec.task), bf.Model(target, spec.task)
        memory = bf.Model(target.read_bytes(), spec.task)
        for _, case in checkpoints.inputs(spec):
            want = np.asarray(folder(**case).tensor).tobytes()
            assert np.asarray(file(**case).tensor).tobytes() == want
            assert np.asarray(memory(**case).tensor).tobytes() == want
        assert json.loads(file.config_json) == spec.config
        if spec.intermediate >= 256:  # smaller files consist mostly of float position embeddings
            floats = folders[spec.name] / "model.safetensors"
            assert target.stat().st_size < 0.45 * floats.stat().st_size


def test_a_converted_file_is_read_by_safetensors(tiny: Path, tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.numpy")
    bf.convert(tiny, tmp_path / "m")
    read = safetensors.load_file(tmp_path / "m")
    words = read["embeddings.word_embeddings.weight"]
    assert words.dtype == np.int8 and words.min() >= -127
    scale = read["embeddings.word_embeddings.weight.scale"]
    floats = checkpoints.arrays(SPEC)["embeddings.word_embeddings.weight"]
    assert abs(words * scale[:, None] - floats).max() <= 0.51 * scale.max()


def test_conversion_errors(tiny: Path, tmp_path: Path) -> None:
    bf.convert(tiny, tmp_path / "m")
    with pytest.raises(bf.ModelFileError):
        bf.convert(tiny, tmp_path / "absent" / "m")
    with pytest.raises(bf.ModelConfigError, match="converted already"):
        bf.convert(tmp_path / "m", tmp_path / "n")


def test_a_converted_file_opens_in_fp32(tiny: Path, tmp_path: Path) -> None:
    bf.convert(tiny, tmp_path / "m")
    row = [[2, 5, 6, 3]]
    exact = bf.Model(tiny, precision="fp32")(row).tensor.tolist()[0]
    found = bf.Model(tmp_path / "m", precision="fp32")(row).tensor.tolist()[0]
    assert min(bf._native.cosines(exact, found)) > 0.999


@pytest.mark.parametrize(
    ("version", "shown"),
    [
        ("2", "2"),
        ("10", "10"),
        ("", r"\?"),
        ("1.5", "1.5"),
        ("\n\u00e9", r"\?\?\?"),
        ("9" * 99, r"\?"),
    ],
)
def test_another_version_of_a_converted_file_is_refused(
    version: str, shown: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    file = tmp_path / "m"
    bf.convert(folders["L2H64-encoder"], file)
    data = file.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    entries = json.loads(data[8 : 8 + size])
    entries["__metadata__"]["bertlite"] = version
    text = json.dumps(entries).encode()
    file.write_bytes(header(text + b" " * (-len(text) % 64), data[8 + size :]))
    message = f"has version {shown} of the format, and this library reads version 1; update"
    for opened in (bf.Model, bf.Tokenizer, lambda f: bf.Model(f.read_bytes())):
        with pytest.raises(bf.ModelFileError, match=message) as caught:
            opened(file)
        assert "\n" not in str(caught.value)


def test_from_memory(tiny: Path) -> None:
    data = (tiny / "model.safetensors").read_bytes()
    model = bf.Model(data, config=(tiny / "config.json").read_text())
    assert digest(model) == digest(bf.Model(tiny))
    with pytest.raises(bf.ModelFileError, match="holds no config"):
        bf.Model(data)


@pytest.mark.parametrize("name", ["zip.bin", "legacy.bin"])
def test_torch_files_are_read_without_torch(name: str, tmp_path: Path) -> None:
    """The fixtures were written by torch.save, in its ZIP format and in the one before."""
    shutil.copy(FIXTURES / name, tmp_path / "pytorch_model.bin")
    (tmp_path / "config.json").write_text((FIXTURES / "config.json").read_text())
    shutil.copy(FIXTURES / "model.safetensors", tmp_path / "same.safetensors")
    want = bf.Model(
        (FIXTURES / "model.safetensors").read_bytes(), config=(FIXTURES / "config.json").read_text()
    )
    assert digest(bf.Model(tmp_path)) == digest(want)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_other_float_types(dtype: str, tiny: Path, tmp_path: Path) -> None:
    tensors = checkpoints.arrays(SPEC)
    bits: dict[str, tuple[str, bytes, tuple[int, ...]]] = {}
    for name, a in tensors.items():
        if dtype == "bfloat16":
            bits[name] = "BF16", (a.view(np.uint32) >> 16).astype(np.uint16).tobytes(), a.shape
            tensors[name] = ((a.view(np.uint32) >> 16) << 16).view(np.float32)
        else:
            bits[name] = (
                ("F16" if dtype == "float16" else "F64"),
                a.astype(dtype).tobytes(),
                a.shape,
            )
            tensors[name] = a.astype(dtype).astype(np.float32)
    config = (tiny / "config.json").read_text()
    header, at, body = {}, 0, b""
    for name, (code, data, shape) in bits.items():
        header[name] = {"dtype": code, "shape": list(shape), "data_offsets": [at, at + len(data)]}
        at, body = at + len(data), body + data
    text = json.dumps(header).encode()
    checkpoints.save_safetensors(tmp_path / "rounded.safetensors", tensors)
    want = bf.Model((tmp_path / "rounded.safetensors").read_bytes(), config=config)
    assert digest(bf.Model(struct.pack("<Q", len(text)) + text + body, config=config)) == digest(
        want
    )


def test_old_names_of_norms(tiny: Path, tmp_path: Path) -> None:
    renamed = {
        n.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): a
        for n, a in checkpoints.arrays(SPEC).items()
    }
    shutil.copy(tiny / "config.json", tmp_path)
    checkpoints.save_safetensors(tmp_path / "model.safetensors", renamed)
    assert digest(bf.Model(tmp_path)) == digest(bf.Model(tiny))


def header(text: bytes, body: bytes = b"") -> bytes:
    return struct.pack("<Q", len(text)) + text + body


F = '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}'
B = b"\0" * 8
HEADERS: dict[str, bytes] = {
    "good": header((F + "}").encode(), B),
    "good spaces": header((F + "}   ").encode(), B),
    "good empty": header(b"{}"),
    "good scalar": header(b'{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}', B[:4]),
    "good nothing": header(b'{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
    "good metadata": header((F + ',"__metadata__":{"x":"y\\u00e9\\n"}}').encode(), B),
    "good escape": header(b'{"\\u0061b":{"dtype":"I8","shape":[8],"data_offsets":[0,8]}}', B),
    "good order": header(
        b'{"a":{"data_offsets":[4,8],"shape":[1],"dtype":"F32"},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        B,
    ),
    "nothing": b"",
    "short": b"\1\2\3",
    "huge header": struct.pack("<Q", 2**63) + b"{}",
    "long header": struct.pack("<Q", 100) + b"{}",
    "no json": header(b"hello"),
    "list": header(b"[]"),
    "half json": header(F.encode(), B),
    "trailing comma": header((F + ",}").encode(), B),
    "trailing text": header((F + "}x").encode(), B),
    "bad utf8": header(b'{"\xff":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', B),
    "bad surrogate": header(b'{"\\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', B),
    "bad escape": header(b'{"\\q":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', B),
    "control": header(b'{"a\n":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', B),
    "deep": header(b'{"a":' + b"[" * 200 + b"]" * 200 + b"}"),
    "unknown type": header(b'{"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}', B),
    "missing shape": header(b'{"a":{"dtype":"F32","data_offsets":[0,8]}}', B),
    "negative": header(b'{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}', B),
    "float shape": header(b'{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}', B),
    "leading zero": header(b'{"a":{"dtype":"F32","shape":[02],"data_offsets":[0,8]}}', B),
    "overflow": header(
        b'{"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,8]}}', B
    ),
    "wrong size": header(b'{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}', B),
    "reversed": header(b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}', B),
    "three offsets": header(b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}', B),
    "hole": header(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', B),
    "overlap": header(
        b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
        B,
    ),
    "beyond": header((F + "}").encode(), B[:4]),
    "left over": header((F + "}").encode(), B + b"\0"),
    "metadata number": header((F + ',"__metadata__":{"x":1}}').encode(), B),
}


def ours_reads(data: bytes) -> bool:
    """Whether our reader accepts the file, and only then finds that there are no embeddings."""
    config = json.dumps(SPEC.config)
    try:
        bf.Model(data, config=config)
    except bf.ModelConfigError as error:
        assert "word_embeddings" in str(error)
        return True
    except bf.ModelFileError:
        return False
    raise AssertionError("opened without embeddings")


@pytest.mark.parametrize("name", HEADERS)
def test_the_same_files_are_accepted_as_by_safetensors(name: str) -> None:
    safetensors = pytest.importorskip("safetensors")
    try:
        safetensors.deserialize(HEADERS[name])
        theirs = True
    except safetensors.SafetensorError:
        theirs = False
    assert ours_reads(HEADERS[name]) == theirs == name.startswith("good")


def test_a_duplicate_tensor_name_is_refused() -> None:
    assert not ours_reads(
        header(
            b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
            B,
        )
    )


def test_every_truncation_is_refused(tiny: Path) -> None:
    data, config = (tiny / "model.safetensors").read_bytes(), (tiny / "config.json").read_text()
    for size in [*range(0, 64), *range(64, len(data), 9973), len(data) - 1]:
        with pytest.raises(bf.ModelFileError):
            bf.Model(data[:size], config=config)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, 2.0**21])
@pytest.mark.parametrize(
    "name",
    [
        "embeddings.word_embeddings.weight",
        "encoder.layer.1.output.dense.weight",
        "embeddings.LayerNorm.bias",
        "pooler.dense.bias",
    ],
)
@pytest.mark.parametrize("precision", ["int8", "fp32"])
def test_values_that_cannot_be_weights_are_refused(
    tiny: Path, tmp_path: Path, name: str, value: float, precision: str
) -> None:
    tensors = checkpoints.arrays(SPEC)
    tensors[name].flat[3] = value
    shutil.copy(tiny / "config.json", tmp_path)
    checkpoints.save_safetensors(tmp_path / "model.safetensors", tensors)
    with pytest.raises(bf.ModelConfigError, match="NaN"):
        bf.Model(tmp_path, precision=precision)


CONFIGS: list[tuple[dict[str, Any], str]] = [
    ({"hidden_size": 65}, "multiple|shape"),
    ({"hidden_size": 128}, "shape"),
    ({"hidden_size": 0}, "hidden_size"),
    ({"hidden_size": 10**12}, "at most"),
    ({"hidden_size": "64"}, "whole number|JSON"),
    ({"num_attention_heads": 3}, "multiple"),
    ({"num_hidden_layers": 3}, "no tensor"),
    ({"num_hidden_layers": None}, "num_hidden_layers"),
    ({"vocab_size": 999}, "shape"),
    ({"hidden_act": "mish"}, "activation"),
    ({"model_type": "t5"}, "model_type"),
    ({"model_type": "electra"}, 'model_type "electra"'),
    ({"model_type": "mpnet", "hidden_act": "mish"}, 'model_type "mpnet"'),
    ({"position_embedding_type": "relative_key"}, "absolute"),
    ({"is_decoder": True}, "decoder"),
    ({"layer_norm_eps": 0}, "layer_norm_eps"),
    ({"layer_norm_eps": "x"}, "not a number"),
]


@pytest.mark.parametrize(("change", "message"), CONFIGS, ids=lambda v: str(v)[:40])
def test_unsupported_configs_are_refused(change: dict[str, Any], message: str, tiny: Path) -> None:
    config = json.dumps(SPEC.config | change)
    with pytest.raises(bf.ModelConfigError, match=message):
        bf.Model((tiny / "model.safetensors").read_bytes(), config=config)


@pytest.mark.parametrize(
    "config", ["", "{", "[]", "null", "\0", '{"a":1,}', '{"model_type":"bert"}', "{" * 100000]
)
def test_broken_configs(config: str, tiny: Path) -> None:
    with pytest.raises((bf.ModelConfigError, bf.ModelFileError)):
        bf.Model((tiny / "model.safetensors").read_bytes(), config=config)


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(bf.ModelFileError, match="neither a folder nor a readable file"):
        bf.Model(tmp_path / "absent")
    with pytest.raises(bf.ModelFileError, match="readable config"):
        bf.Model(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(SPEC.config))
    with pytest.raises(bf.ModelFileError, match="neither"):
        bf.Model(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(b"PK\3\4 not really")
    with pytest.raises(bf.ModelFileError, match="ZIP"):
        bf.Model(tmp_path)
    with pytest.raises(bf.ModelFileError, match="NUL"):
        bf.Model(b"/tmp/a\0b".decode())
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(bf.ModelFileError):
        bf.Model(tmp_path / "empty")
    if os.name == "posix":
        with pytest.raises(bf.ModelFileError):
            bf.Model("/dev/null")


FORMATS: list[tuple[bytes, str]] = [
    (b"GGUF\3\0\0\0" + bytes(64), "is a GGUF file"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "git lfs pull"),
    (b"\x08\x07\x12\x07pytorch" + bytes(64), "is an ONNX file"),
    (b"\x89HDF\r\n\x1a\n" + bytes(64), "TensorFlow"),
    (b"PK\3\4" + bytes(64), "pytorch_model.bin"),
    (b"<!DOCTYPE html><html>", "is a web page"),
    (b'{"model_type": "bert"}', "is a JSON file"),
    (b"[PAD]\n[UNK]\n[CLS]\n", "vocab.txt"),
    (b"\x89PNG\r\n\x1a\n" + bytes(64), "is a picture"),
    (b"%PDF-1.7\n" + bytes(64), "is a PDF"),
    (b"\x28\xb5\x2f\xfd" + bytes(64), "is a Zstandard archive"),
    (b"\x93NUMPY\1\0" + bytes(64), "is a NumPy array"),
    (b"\x1c\0\0\0TFL3" + bytes(64), "is a TensorFlow Lite file"),
    (b"", "is empty"),
    (b"\xff" * 8 + b"{", "its header would have"),
]


@pytest.mark.parametrize(("data", "message"), FORMATS, ids=lambda v: str(v)[:20])
def test_other_formats_are_named(data: bytes, message: str, tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(bf.ModelFileError, match=message):
        bf.Model(tmp_path / "file")
    shutil.copy(tiny / "config.json", tmp_path)
    (tmp_path / "model.safetensors").write_bytes(data)
    with pytest.raises(bf.ModelFileError, match=message):
        bf.Model(tmp_path)


@pytest.mark.parametrize(("data", "message"), FORMATS[:2] + FORMATS[4:6], ids=lambda v: str(v)[:20])
def test_other_formats_are_no_tokenizers(data: bytes, message: str, tmp_path: Path) -> None:
    """A git-lfs pointer was read as a vocabulary of three words."""
    for name in ("vocab.txt", "tokenizer.json", "tokenizer.bertlite"):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(bf.ModelFileError, match=message):
            bf.AutoTokenizer.from_pretrained(tmp_path / name)
    with pytest.raises(bf.ModelFileError, match=message):
        bf.AutoTokenizer.from_pretrained(tmp_path)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("model_type", 3, "model_type is not a string"),
        ("hidden_act", 3, "activation is not a string"),
        ("layer_norm_eps", "small", "layer_norm_eps is not a number"),
        ("position_embedding_type", 3, "position_embedding_type is not a string"),
        ("position_embedding_type", "relative_key", 'positions are "relative_key", not absolute'),
        ("hidden_act", "mish", 'activation is "mish", not one of gelu'),
        ("num_attention_heads", 3, "hidden_size, 64, is not a multiple of its 3 attention heads"),
    ],
)
def test_values_of_other_types_are_named(
    key: str, value: object, message: str, tiny: Path, tmp_path: Path
) -> None:
    config = json.loads((tiny / "config.json").read_text())
    shutil.copy(tiny / "model.safetensors", tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(config | {key: value}))
    with pytest.raises(bf.ModelConfigError, match=message):
        bf.Model(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(config | {"model_type": None}))
    bf.Model(tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("model.safetensors.index.json", "not an index"),
        ("pytorch_model.bin.index.json", "not an index"),
        ("tf_model.h5", "TensorFlow"),
        ("model.onnx", "ONNX"),
    ],
)
def test_folders_without_tensors(name: str, message: str, tiny: Path, tmp_path: Path) -> None:
    shutil.copy(tiny / "config.json", tmp_path)
    (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(bf.ModelFileError, match=message):
        bf.Model(tmp_path)


@pytest.mark.parametrize("name", ["zip.bin", "legacy.bin"])
def test_damaged_torch_files_never_crash(name: str, tmp_path: Path) -> None:
    data = (FIXTURES / name).read_bytes()
    (tmp_path / "config.json").write_text((FIXTURES / "config.json").read_text())
    random = np.random.RandomState(1)
    for round in range(400):
        broken = bytearray(data)
        if round % 4 == 0:
            broken = broken[: random.randint(len(data))]
        for _ in range(random.randint(1, 4) if broken else 0):
            broken[random.randint(min(len(broken), 3000 if round % 2 else len(broken)))] = (
                random.randint(256)
            )
        (tmp_path / "pytorch_model.bin").write_bytes(broken)
        try:
            bf.Model(tmp_path)([[1]])
        except bf.BertliteError as error:
            assert "\n" not in str(error)


def test_minus_128_is_refused(tiny: Path, tmp_path: Path) -> None:
    bf.convert(tiny, tmp_path / "m")
    data = bytearray((tmp_path / "m").read_bytes())
    at = struct.unpack("<Q", data[:8])[0]
    entries = json.loads(data[8 : 8 + at])
    start = 8 + at + entries["encoder.layer.0.output.dense.weight"]["data_offsets"][0]
    data[start] = 0x80
    with pytest.raises(bf.ModelConfigError, match="-128"):
        bf.Model(bytes(data))
