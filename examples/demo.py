"""demo.py: a text and a BERT-Lite checkpoint through tokenizer and engine, from folder to answer.

No trained weights are in the package yet, so the checkpoint is made here from a seed, and
so is a small vocabulary: the answers mean nothing, but they are computed as any checkpoint's are.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import checkpoints
import compare_tokenizers

import bertlite_fast as bf


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        spec = checkpoints.Spec("lite", "sequence-classification", vocabulary=30522, labels=3)
        folder = checkpoints.write(spec, Path(scratch) / "lite")
        (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece in compare_tokenizers.vocabulary()), encoding="utf-8")
        file = Path(scratch) / "lite.bertlite"
        bf.convert(folder, file)
        print(f"bertlite_fast {bf.__version__} on {bf.active_isa()} (this machine has {', '.join(bf.available_isas())})")
        print(f"checkpoint: {(folder / 'model.safetensors').stat().st_size / 1e6:.1f} MB of floats, {file.stat().st_size / 1e6:.1f} MB converted")
        text = "Turn on the kitchen lights!"
        tokenizer = bf.AutoTokenizer.from_pretrained(file)
        ids = tokenizer.encode(text)
        print(f"{text!r} is {tokenizer.convert_ids_to_tokens(ids)}")
        for source, precision in ((folder, "fp32"), (folder, "int8"), (file, "int8")):
            model = bf.AutoModelForSequenceClassification.from_pretrained(source, precision=precision)
            logits = model(ids).tensor.tolist()[0]
            start = time.perf_counter()
            for _ in range(2000):
                model(tokenizer.encode(text))
            each = (time.perf_counter() - start) / 2000
            print(f"{precision} from {source.name:14}: logits {' '.join(f'{x:+.4f}' for x in logits)}   {each * 1e6:.1f} us from text to logits")


if __name__ == "__main__":
    main()
