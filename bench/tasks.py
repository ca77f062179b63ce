"""From a str to the answer, next to others: python bench/tasks.py --vocab VOCAB.TXT

A text of 16 tokens through BERT-Lite's shape with random weights: the pipelines here, transformers'
pipelines, LiteRT int8 with nanotoken's ids (--litert FILE.tflite, of 16 tokens) and ONNX Runtime
with those of tokenizers (--onnx FILE.onnx), as far as they are installed. One process, one thread,
the callers taking turns; medians.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import checkpoints
from turns import by_turns, processor

import bertlite_fast as bf

# 14 words, 16 tokens
TEXT = "turn on the kitchen lights and play some quiet music before we have dinner"
HEADS = {
    "text-classification": "sequence-classification",
    "ner": "token-classification",
    "fill-mask": "masked-lm",
}


def checkpoint(folder: Path, vocab: Path, head: str) -> Path:
    spec = checkpoints.Spec(
        "bench-" + head, head, vocabulary=30522, labels=9 if head == "token-classification" else 2
    )
    checkpoints.write(spec, folder)
    (folder / "vocab.txt").write_bytes(vocab.read_bytes())
    if head == "token-classification":  # as in most texts, few tokens are names
        values = json.loads((folder / "config.json").read_text())
        values["id2label"] = {str(i): "O" if i else "B-PER" for i in range(9)}
        (folder / "config.json").write_text(json.dumps(values))
    return folder


def litert(path: str, tokenizer_json: str) -> Callable[[], object]:
    import nanotoken
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    runner: Any = Interpreter(path, num_threads=1)
    runner.allocate_tensors()
    inputs = [d["index"] for d in sorted(runner.get_input_details(), key=lambda d: str(d["name"]))]
    output = runner.get_output_details()[0]["index"]
    tokenizer: Any = nanotoken.Tokenizer(tokenizer_json)
    ids, mask, types = (np.zeros((1, 16), np.int32) for _ in range(3))
    mask[:] = 1

    def call() -> object:
        ids[0] = tokenizer.encode(TEXT)
        for index, value in zip(inputs, (ids, mask, types)):
            runner.set_tensor(index, value)
        runner.invoke()
        return runner.get_tensor(output)

    return call


def onnx(path: str, tokenizer_json: str) -> Callable[[], object]:
    import numpy as np
    import onnxruntime
    import tokenizers

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session: Any = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    tokenizer: Any = tokenizers.Tokenizer.from_file(tokenizer_json)
    names = [i.name for i in session.get_inputs()]

    def call() -> object:
        e = tokenizer.encode(TEXT)
        rows = {"ids": e.ids, "mask": e.attention_mask, "types": e.type_ids}
        feed = {
            n: np.array(
                [rows["mask" if "mask" in n else "types" if "type" in n else "ids"]], np.int64
            )
            for n in names
        }
        return session.run(None, feed)

    return call


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--vocab", type=Path, required=True)
    parser.add_argument("--litert")
    parser.add_argument("--onnx")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{processor()}, {bf.active_isa()}\n")
    print("| task | caller | us | ratio |\n|---|---|---:|---:|")
    with tempfile.TemporaryDirectory() as scratch:
        for task, head in HEADS.items():
            folder = checkpoint(Path(scratch) / task, args.vocab, head)
            text = TEXT.replace("quiet", "[MASK]") if task == "fill-mask" else TEXT
            pipe = cast(Any, bf.pipeline)(task, folder)
            assert len(pipe.tokenizer(text).encodings[0]) == 16
            calls: dict[str, Callable[[], object]] = {"bertlite_fast": partial(pipe, text)}
            native = pipe.text_model
            if task == "text-classification":
                calls["its C call alone"] = partial(native.classify, TEXT, None, "softmax", 1)
                saved = str(Path(scratch) / "saved")
                pipe.tokenizer.save_pretrained(saved)
                if args.litert:
                    calls["LiteRT int8 + nanotoken"] = litert(
                        args.litert, saved + "/tokenizer.json"
                    )
                if args.onnx:
                    calls["ONNX Runtime fp32 + tokenizers"] = onnx(
                        args.onnx, saved + "/tokenizer.json"
                    )
            elif task == "ner":
                calls["its C call alone"] = partial(
                    native.entities, TEXT, "none", None, False, None, None, False
                )
            try:
                import torch
                import transformers

                torch.set_num_threads(1)
                transformers.logging.set_verbosity_error()
                theirs: Any = transformers.pipeline(task, model=str(folder), device="cpu")
                calls["transformers"] = partial(theirs, text)
            except ImportError:
                pass
            medians = by_turns(calls, rounds=25)
            for name, us in medians.items():
                print(
                    f"| {task} | {name} | {us:.1f} | {us / medians['bertlite_fast']:.1f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
