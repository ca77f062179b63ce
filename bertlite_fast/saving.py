"""save_pretrained of models: the files that a model was opened from, in a folder of their own."""

from __future__ import annotations

import os

from . import embedded
from .compatibility import needed, refuse
from .errors import InputError, ModelFileError
from .files import read_json, write_atomically

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .models import Model
    from .tokenizer import Tokenizer

# What stands in cards until the model has a name.
NAMELESS = {
    "SentenceTransformer": "sentence_transformers_model_id",
    "CrossEncoder": "cross_encoder_model_id",
}
CARDS = {
    "SentenceTransformer": f"""---
library_name: sentence-transformers
pipeline_tag: sentence-similarity
tags:
- sentence-transformers
- sentence-similarity
- feature-extraction
---

# A model for sentence-transformers

```python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("{NAMELESS["SentenceTransformer"]}")
embeddings = model.encode(["Turn on the light.", "Switch the lamp on."])
print(model.similarity(embeddings, embeddings))
```
""",
    "CrossEncoder": f"""---
library_name: sentence-transformers
pipeline_tag: text-ranking
tags:
- sentence-transformers
- cross-encoder
- reranker
---

# A reranker for sentence-transformers

```python
from sentence_transformers import CrossEncoder

model = CrossEncoder("{NAMELESS["CrossEncoder"]}")
scores = model.predict([("How tall is the tower?", "The tower is ninety meters high.")])
```
""",
}
MODULES = ("modules.json", "sentence_bert_config.json", "config_sentence_transformers.json")


def save_model(
    model: Model, save_directory: str | os.PathLike[str], more: dict[str, Any]
) -> tuple[str, ...]:
    """Copy a model's files into a folder; the paths that were written."""
    refuse("save_pretrained", needed("save_pretrained", more), "save_directory")
    if model.source is None or model.new_classifier or hasattr(model, "vectors"):
        raise InputError(
            "only a model that was opened from a file can be saved, as it was read; train a new "
            "classifier, and keep labels= in the code that opens the model."
        )
    folder, source = os.fspath(save_directory), str(model.source)
    os.makedirs(folder, exist_ok=True)
    if os.path.isdir(source):
        names = {name: name for name in sorted(os.listdir(source)) if _is_weights(name)}
    else:
        names = {os.path.basename(source): embedded.FILE}
    paths = []
    for name, target in names.items():
        origin = os.path.join(source, name) if os.path.isdir(source) else source
        paths.append(_copied(origin, os.path.join(folder, target)))
    if not os.path.isdir(source):
        paths += _base_of(source, folder)
    paths.append(model.config.save_pretrained(folder))
    return tuple(paths)


def _is_weights(name: str) -> bool:
    return name.startswith(("model", "pytorch_model")) and name.endswith(
        (".safetensors", ".bin", ".index.json")
    )


def _base_of(source: str, folder: str) -> list[str]:
    """Copy the base file of a delta file too."""
    base = os.path.join(os.path.dirname(source), "base.bertlite")
    if not os.path.isfile(base):
        base = os.path.join(embedded.FOLDER, "base.bertlite")
    if not os.path.isfile(base) or os.path.samefile(base, source):
        return []
    return [_copied(base, os.path.join(folder, "base.bertlite"))]


def _copied(source: str, target: str) -> str:
    if os.path.exists(target) and os.path.samefile(source, target):
        return target
    try:
        with open(source, "rb") as file:
            data = file.read()
    except OSError as error:
        raise ModelFileError(f"{source} cannot be read: {error.strerror}.") from None
    write_atomically(target, data)
    return target


def save_sentence_model(
    model: Model,
    tokenizer: Tokenizer,
    path: str | os.PathLike[str],
    more: dict[str, Any],
    changes: dict[str, dict[str, Any]],
) -> None:
    """Copy the files of a model of sentence-transformers, with these values changed in some."""
    refuse("save_pretrained", needed("save_pretrained", more), "path and model_name")
    folder, source = os.fspath(path), str(model.source)
    if changes and not os.path.isdir(source):
        changed = ", ".join(name for values in changes.values() for name in values)
        raise InputError(
            f"{changed} cannot be saved with a model that is one file; give it again to the call "
            "that opens the model."
        )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    if not os.path.isdir(source):
        return
    names = [name for name in MODULES if os.path.isfile(os.path.join(source, name))]
    for part in sorted(os.listdir(source)):
        if part[:1].isdigit() and os.path.isdir(os.path.join(source, part)):
            os.makedirs(os.path.join(folder, part), exist_ok=True)
            names += [os.path.join(part, name) for name in os.listdir(os.path.join(source, part))]
    for name in names:
        if os.path.isfile(os.path.join(source, name)):
            _copied(os.path.join(source, name), os.path.join(folder, name))
    if model.task == "embedding" and not os.path.isfile(os.path.join(source, "modules.json")):
        _write_modules(model, folder, source)
    for name, values in changes.items():
        _change(os.path.join(folder, name), values)


def _write_modules(model: Model, folder: str, source: str) -> None:
    """Say of an encoder that its vectors are means, as it was opened."""
    kinds = (("", "Transformer"), ("1_Pooling", "Pooling"))
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(kinds)
    ]
    os.makedirs(os.path.join(folder, "1_Pooling"), exist_ok=True)
    pooling = {"word_embedding_dimension": model.info["hidden"], "pooling_mode_mean_tokens": True}
    for name, values in (("modules.json", modules), ("1_Pooling/config.json", pooling)):
        write_atomically(os.path.join(folder, name), _as_json(values))


def _as_json(values: Any) -> str:
    import json

    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def save_card(kind: str, source: str, path: str | os.PathLike[str], model_name: str | None) -> None:
    """Write README.md: the one that the model has, or how this kind of model is opened."""
    given = os.path.join(source, "README.md")
    text = CARDS[kind]
    if os.path.isfile(given):
        with open(given, encoding="utf-8", errors="replace") as file:
            text = file.read()
    if model_name:
        text = text.replace(f'{kind}("{NAMELESS[kind]}"', f'{kind}("{model_name}"')
    write_atomically(os.path.join(os.fspath(path), "README.md"), text)


def _change(path: str, values: dict[str, Any]) -> None:
    """Change values in a file of JSON; None takes one out."""
    found: dict[str, Any] = read_json(path) if os.path.isfile(path) else {}
    found.update(values)
    found = {name: value for name, value in found.items() if values.get(name, "") is not None}
    write_atomically(path, _as_json(found))
