"""Text for pre-training, as ids: `python training/corpus.py DATA OUT` writes OUT/NAME.ids, one per source.

DATA holds text/*.txt.xz (a paragraph a line) and sets of JSON lines, as DATA/README.md says.
Only training splits are read.  Paragraphs are followed by [SEP].
"""

from __future__ import annotations

import argparse
import json
import lzma
import sys
from array import array
from collections.abc import Iterator
from pathlib import Path

from bertlite_fast import Tokenizer

# The ten sentences that fill-mask is judged by stay out of all training, and what is close to them too.
JUDGED = (
    ("nurse", "local hospital"),
    ("shut", "door before leaving"),
    ("drone", "onboard"),
    ("fan", "room is empty"),
    ("coffee machine", "7"),
    ("hallway light", "night"),
    ("air purifier", "quality"),
    ("ac ", "door is open"),
    ("lights after", "five minutes"),
    ("music", "enters the room"),
)


def judged(text: str) -> bool:
    low = text.lower()
    return any(all(part in low for part in parts) for parts in JUDGED)


def lines(path: Path) -> Iterator[str]:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield line.rstrip("\n")


def commands(data: Path) -> Iterator[str]:
    """What people say to devices and assistants: the texts of the intent sets."""
    for folder in sorted([*(data / "intent").iterdir(), *(data / "iot").iterdir()]):
        path = folder / "train.jsonl.xz"
        if not path.exists():
            continue
        for line in lines(path):
            item = json.loads(line)
            text = item.get("text") or " ".join(item.get("tokens", ()))
            if text:
                yield text


def write(tokenizer: Tokenizer, texts: Iterator[str], path: Path) -> int:
    """The ids of texts, 16 bits each; how many there are."""
    count, left_out = 0, 0
    end = tokenizer.sep_token_id
    with path.open("wb") as file:
        for text in texts:
            if judged(text):
                left_out += 1
                continue
            ids = array("H", tokenizer.encode(text, add_special_tokens=False))
            if ids:
                ids.append(end)
                file.write(ids.tobytes())
                count += len(ids)
    print(f"{path.name}: {count} ids; {left_out} texts left out", flush=True)
    return count


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer(args.data / "vocab.txt")
    for name in ("modern", "books", "wikipedia"):
        write(tokenizer, lines(args.data / "text" / f"{name}.txt.xz"), args.out / f"{name}.ids")
    write(tokenizer, commands(args.data), args.out / "commands.ids")
    return 0


if __name__ == "__main__":
    sys.exit(main())
