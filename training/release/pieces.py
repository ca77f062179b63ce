"""The word pieces of a small vocabulary, and what it costs: `bertlite-fast firmware --small`.

The pieces are those that people's commands are made of, and all Latin characters, so that every
word can still be spelled. The models stay as they are: a word that has lost its piece is spelled in
shorter ones.
"""

from __future__ import annotations

import glob
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from bertlite_fast import Tokenizer, embedded
from bertlite_fast.files import write_atomically

from ..data.sets import Data, items, lines, text_of
from ..recipe import SmallVocabulary
from .metrics import Scores
from .models import Open

PIECES = Path(__file__).resolve().parents[2] / "tools/firmware_pieces.txt"
AT_ONCE = 2000


def _vocabulary() -> dict[str, int]:
    return Tokenizer(embedded.path_of("base")).get_vocab()


def _texts(data: Data, group: str, numbers: SmallVocabulary) -> list[str]:
    """What a group says: the sets of a kind, or the beginning of a file of texts."""
    file = data.text_file(group)
    if file.exists():
        found = []
        for line in lines(file):
            found.append(line[: numbers.longest_line])
            if len(found) == numbers.lines[group]:
                break
        return found
    paths = sorted(glob.glob(str(data.folder / group / "*/train.jsonl.xz")))
    return [text_of(item) for path in paths for item in items(Path(path))]


def _always(piece: str, letters: int) -> bool:
    """Special tokens, and characters that words are spelled with where nothing else fits."""
    if piece.startswith("["):
        return len(piece) > 1 and not piece.startswith("[unused")
    bare = piece[2:] if piece.startswith("##") and len(piece) > 2 else piece
    return len(bare) == 1 and ord(bare) < letters


def chosen(data: Data) -> list[str]:
    """The pieces, in the order of their ids."""
    numbers = data.recipe.small
    tokenizer = Tokenizer(embedded.path_of("base"))
    ids = _vocabulary()
    weight: dict[int, float] = {}
    for group, share in numbers.weights.items():
        texts = _texts(data, group, numbers)
        counts: Counter[int] = Counter()
        for at in range(0, len(texts), AT_ONCE):
            for row in tokenizer(texts[at : at + AT_ONCE])["input_ids"]:
                counts.update(row)
        total = sum(counts.values())
        for token, count in counts.items():
            weight[token] = weight.get(token, 0.0) + share * count / total
    kept = {ids[piece] for piece in ids if _always(piece, numbers.letters)}
    for token in sorted(weight, key=lambda token: (-weight[token], token)):
        if len(kept) == numbers.pieces:
            break
        kept.add(token)
    return [piece for piece in sorted(ids, key=ids.__getitem__) if ids[piece] in kept]


def write_pieces(data: Data) -> None:
    found = chosen(data)
    write_atomically(str(PIECES), "\n".join(found) + "\n")
    print(f"{PIECES}: {len(found)} word pieces")


def with_small_vocabulary(opened: Open) -> Open:
    """The same models, with texts spelled in PIECES."""
    kept = set(PIECES.read_text(encoding="utf-8").split("\n"))
    ids = _vocabulary()
    with tempfile.TemporaryDirectory() as folder:
        # A piece with a bracket and a letter in it is never found: brackets are words of their own.
        rows = [
            piece if piece in kept else f"[dropped {ids[piece]}]"
            for piece in sorted(ids, key=ids.__getitem__)
        ]
        (Path(folder) / "vocab.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
        tokenizer = Tokenizer(folder)

    def small(task: str, name: str, **options: Any) -> Any:
        return opened(task, name, tokenizer=tokenizer, **options)

    return small


def compare(data: Data, opened: Open) -> dict[str, tuple[Scores, Scores]]:
    """For each set that a small model may be for: its scores with all pieces, and with PIECES."""
    from . import metrics
    from .scores import SETS, line_of, validation

    small = with_small_vocabulary(opened)
    found: dict[str, tuple[Scores, Scores]] = {}
    for name in ("intent", *data.recipe.small.scored):
        both = []
        for one in (opened, small):
            if name == "intent":
                both.append(metrics.intent(data, one))
            else:
                both.append(SETS[name].metric(validation(name, data), one))
        found[name] = (both[0], both[1])
        print(line_of(name, both[0]), "->", line_of(name, both[1]), flush=True)
    return found
