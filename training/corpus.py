"""Text for pre-training, as ids: `python training/corpus.py DATA OUT` writes OUT/NAME.ids, one per source.

DATA holds text/*.txt.xz (a paragraph a line) and sets of JSON lines, as DATA/README.md says.
Only training splits are read.  Paragraphs are followed by [SEP].
"""

from __future__ import annotations

import argparse
import sys
from array import array
from collections.abc import Iterator
from pathlib import Path

from home import sentences
from sets import commands, judged, lines

from bertlite_fast import Tokenizer

HOME_SENTENCES = 60_000


def write(tokenizer: Tokenizer, texts: Iterator[str], path: Path) -> int:
    """The ids of texts, 16 bits each; how many there are."""
    count, left_out = 0, 0
    end = tokenizer.sep_token_id or 0
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
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer(args.data / "vocab.txt")
    for name in ("modern", "books", "wikipedia"):
        write(tokenizer, lines(args.data / "text" / f"{name}.txt.xz"), args.out / f"{name}.ids")
    write(tokenizer, commands(args.data), args.out / "commands.ids")
    write(tokenizer, sentences(HOME_SENTENCES, 1), args.out / "home.ids")
    return 0


if __name__ == "__main__":
    sys.exit(main())
