"""Text to ids, next to others: python bench/tokenizer.py --vocab VOCAB.TXT

tokenizers, nanotoken and tokie run in the same process, taking turns, as far as they are installed:
pip install tokenizers nanotoken tokie. All get a str, on one thread; the table has the medians and
their ratios to ours. "varied" goes through 2,000 sentences.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import core
from turns import by_turns, processor

import bertlite_fast as bf

EUROPEAN = [
    "Könntest du bitte das Licht in der Küche für fünf Minuten ausschalten?",
    "Élodie a préféré écouter de la musique française près de la fenêtre",
    "¿Podrías encender la calefacción del salón mañana por la mañana, señor Núñez?",
    "Proszę włączyć światło w łazience i zamknąć żaluzje przed północą",
    "Příliš žluťoučký kůň úpěl ďábelské ódy nad řekou během večeře",
    "Slå på värmen i köket när vi är på väg hem från flygplatsen",
]
CHINESE = [
    "请把厨房的灯打开然后播放一些安静的音乐直到晚饭开始",
    "明天早上七点叫醒我并且告诉我今天的天气怎么样",
    "客厅的空调温度太低了请调高两度谢谢你的帮助",
]
MIXED = [
    "Turn on the Küche 灯 and play música тихо 🎵 please",
    "Ответь: 東京 temperature is 21°C — très bien!",
    "한국어와 English 그리고 日本語 mixed в одном предложении",
]


def english(words: int, count: int) -> list[str]:
    """Sentences of so many words from Python's own documentation."""
    import pydoc_data.topics
    import re

    text = re.sub(r"[^A-Za-z',.]+", " ", " ".join(pydoc_data.topics.topics.values())).split()
    return [
        " ".join(text[i * words : (i + 1) * words]) for i in range(min(count, len(text) // words))
    ]


def others(folder: Path) -> dict[str, Callable[[str], object]]:
    found: dict[str, Callable[[str], object]] = {}
    path = str(folder / "tokenizer.json")
    try:
        import tokenizers

        hf = tokenizers.Tokenizer.from_file(path)
        found["tokenizers"] = lambda text: hf.encode(text).ids
    except ImportError:
        pass
    try:
        import nanotoken

        nano = nanotoken.Tokenizer(path)
        found["nanotoken"] = nano.encode
    except ImportError:
        pass
    try:
        import tokie

        tok = tokie.Tokenizer.from_json(path)
        found["tokie"] = lambda text: tok.encode(text).ids
    except ImportError:
        pass
    return found


def one_pass(call: Callable[[str], object], texts: list[str]) -> Callable[[], object]:
    def work() -> None:
        for text in texts:
            call(text)

    return work


def open_time(make: Callable[[], Any]) -> float:
    """The median of nine, in milliseconds."""
    times = []
    for _ in range(9):
        start = time.perf_counter()
        make()
        times.append((time.perf_counter() - start) * 1e3)
    return sorted(times)[4]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--vocab", type=Path, required=True, help="a vocab.txt, such as BERT's")
    args = parser.parse_args()
    print(processor())
    long_texts = english(12, 2000)
    cases = {
        "12 words, the same": ["turn on the kitchen lights and play some quiet music before dinner"]
        * 100,
        "12 words, varied": long_texts,
        "5 words, the same": ["turn on the kitchen lights"] * 100,
        "European, varied": EUROPEAN,
        "Chinese, varied": CHINESE,
        "mixed scripts, varied": MIXED,
        "10 KB document": [" ".join(long_texts)[:10_000]],
    }
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        ours = bf.Tokenizer(args.vocab)
        ours.save_pretrained(folder)
        callers: dict[str, Callable[[str], object]] = {
            "bertlite_fast": ours.encode,
            **others(folder),
        }
        header = "".join(f" {name}, us |" for name in callers)
        print(f"\n| text | bytes |{header}\n|---|---:|{'---:|' * len(callers)}")
        for name, texts in cases.items():
            passes = {caller: one_pass(call, texts) for caller, call in callers.items()}
            medians = by_turns(passes, rounds=15)
            medians = {caller: us / len(texts) for caller, us in medians.items()}
            size = sum(len(t.encode()) for t in texts) / len(texts)
            own = medians.pop("bertlite_fast")
            row = "".join(f" {us:.2f} ({us / own:.1f}x) |" for us in medians.values())
            print(f"| {name} | {size:.0f} | {own:.2f} |{row}", flush=True)
        from_text, from_json = (
            open_time(lambda: bf.Tokenizer(args.vocab)),
            open_time(lambda: bf.Tokenizer(folder / "tokenizer.json")),
        )
        print(
            f"\nopening: vocab.txt {from_text:.2f} ms, tokenizer.json {from_json:.2f} ms; "
            f"table: {ours.settings['table_bytes'] / 1e6:.2f} MB"
        )
        (program,) = core.build(["cc"], [], folder, ["bench/tokenize.c"])
        for name, texts in cases.items():
            (folder / "texts").write_text("\n".join(texts), encoding="utf-8")
            run = subprocess.run(
                [
                    str(program),
                    str(args.vocab),
                    str(max(2, 20000 // len(texts))),
                    str(folder / "texts"),
                ],
                check=True,
                capture_output=True,
                text=True,
            )
            print(f"in C: {name}: {run.stdout.strip()}")


if __name__ == "__main__":
    main()
