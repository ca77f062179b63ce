"""fp32 and fp32-fast beside PyTorch and ONNX Runtime, in turns: python bench/floats.py

Hidden states of all tokens, from ids, with the same random weights in all four; outputs are
compared before anything is timed. A time is the least of all turns, since other work on a machine
only adds to it; of one thread it is the processor's time. PyTorch is transformers' model with
scaled_dot_product_attention; ONNX Runtime has attention fused by its own optimizer. What is not
installed is left out.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench"), str(ROOT / "tools")]

import checkpoints

import bertlite_fast as bf

SHAPES: dict[str, dict[str, Any]] = {
    "L6-H384": {"layers": 6, "hidden": 384, "heads": 12, "intermediate": 1536},
    "L6-H768": {"layers": 6, "hidden": 768, "heads": 12, "intermediate": 3072},
}
SIZES = [(1, 16), (1, 128), (8, 16), (8, 128)]  # texts, tokens of each
OURS = ("fp32", "fp32-fast")
AGREE = 2e-4  # of hidden states, which are of size 1
VOCABULARY = 30522
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]

Call = Callable[[Any], Any]  # ids, [texts][tokens], to hidden states


def ours(folder: Path, threads: int) -> dict[str, Call]:
    def call_of(precision: str) -> Call:
        model = bf.AutoModel.from_pretrained(folder, precision=precision, threads=threads)
        return lambda ids: model(ids)

    return {precision: call_of(precision) for precision in OURS}


def torch_call(folder: Path, threads: int) -> Call:
    import torch
    import transformers

    network = transformers.BertModel.from_pretrained(folder, add_pooling_layer=False).eval()

    def call(ids: Any) -> Any:
        torch.set_num_threads(threads)
        with torch.inference_mode():
            return network(torch.tensor(ids)).last_hidden_state

    return call


def onnx_call(folder: Path, threads: int) -> Call:
    import numpy as np
    import onnxruntime
    import torch
    import transformers

    target = folder / "fused.onnx"
    if not target.exists():
        from onnxruntime.transformers.fusion_options import FusionOptions
        from onnxruntime.transformers.optimizer import optimize_model

        class Network(torch.nn.Module):  # type: ignore[misc]  # Any, where torch is not installed
            def __init__(self) -> None:
                super().__init__()
                self.model = transformers.BertModel.from_pretrained(
                    folder, add_pooling_layer=False, attn_implementation="eager"
                )

            def forward(self, ids: Any, mask: Any, types: Any) -> Any:
                found = self.model(input_ids=ids, attention_mask=mask, token_type_ids=types)
                return found.last_hidden_state

        network = Network().eval()
        example = tuple(torch.full((1, 16), n, dtype=torch.int64) for n in (1, 1, 0))
        example[1][0, -1] = 0
        torch.onnx.export(  # the newer exporter's graph is not recognized by the fusions
            network, example, str(folder / "model.onnx"), input_names=INPUTS,
            output_names=["hidden"], dynamo=False, opset_version=17,
            dynamic_axes={name: {0: "texts", 1: "tokens"} for name in INPUTS},
        )  # fmt: skip
        config = network.model.config
        fused = optimize_model(
            str(folder / "model.onnx"), model_type="bert", num_heads=config.num_attention_heads,
            hidden_size=config.hidden_size, optimization_options=FusionOptions("bert"),
        )  # fmt: skip
        if "Attention" not in {node.op_type for node in fused.model.graph.node}:
            raise RuntimeError("ONNX Runtime's optimizer did not fuse attention")
        fused.save_model_to_file(str(target))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "1" if threads > 1 else "0")
    session = onnxruntime.InferenceSession(str(target), options, ["CPUExecutionProvider"])

    used = {entry.name for entry in session.get_inputs()}

    def call(ids: Any) -> Any:
        given = np.array(ids, np.int64)
        inputs = dict(zip(INPUTS, (given, np.ones_like(given), np.zeros_like(given))))
        return session.run(None, {name: inputs[name] for name in used})[0]

    return call


def callers(folder: Path, threads: int) -> dict[str, Call]:
    found = ours(folder, threads)
    for name, make in (("PyTorch", torch_call), ("ONNX Runtime", onnx_call)):
        try:
            found[name] = make(folder, threads)
        except ImportError as missing:
            print(f"{name} is left out: {missing}", file=sys.stderr)
    return found


def least(calls: dict[str, Call], ids: Any, threads: int, seconds: float) -> dict[str, float]:
    """The least milliseconds of each, taking turns for so long: of one thread its processor's."""
    clock = time.thread_time if threads == 1 else time.perf_counter
    found = dict.fromkeys(calls, float("inf"))
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for name, call in calls.items():
            for _ in range(2):  # the first brings its own weights into the cache
                began = clock()
                call(ids)
                found[name] = min(found[name], 1000 * (clock() - began))
    return found


def agree(calls: dict[str, Call], ids: Any) -> None:
    import numpy as np

    outputs = {name: call(ids) for name, call in calls.items()}
    arrays = {
        name: np.asarray(getattr(found, "last_hidden_state", found)).reshape(-1)
        for name, found in outputs.items()
    }
    for name, values in arrays.items():
        worst = float(np.abs(values - arrays["fp32"]).max())
        if not worst <= AGREE:
            raise SystemExit(f"{name} differs from fp32 by {worst:.2g}; expected {AGREE:g} or less")


def measure(seconds: float) -> list[dict[str, Any]]:
    """For each shape, size and number of threads: milliseconds of a call, by who."""
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for name, shape in SHAPES.items():
            spec = checkpoints.Spec(name, "encoder", vocabulary=VOCABULARY, **shape)
            folder = Path(checkpoints.write(spec, Path(scratch) / name))
            for threads in (1, 2):
                calls = callers(folder, threads)
                for texts, tokens in SIZES:
                    ids = [
                        [1000 + (i * tokens + j) * 7919 % 20000 for j in range(tokens)]
                        for i in range(texts)
                    ]
                    agree(calls, ids)
                    times = least(calls, ids, threads, seconds)
                    rows.append({"shape": name, "texts": texts, "tokens": tokens,
                                 "threads": threads, "ms": times})  # fmt: skip
                    print(rows[-1], file=sys.stderr, flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10, help="for each size")
    measure(parser.parse_args().seconds)


if __name__ == "__main__":
    main()
