"""Encoders in other runtimes, from the same weights: how each builds its files and answers.

A rival is an `open_*` function: it is given a model's folder and returns what answers a text, or a
list of texts. What a runtime needs beside the folder, its `build_*` function makes there once.
Everything runs on one thread. Imports are inside functions: a rival that is not installed, or
cannot be imported, is only that rival's failure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

Answer = Callable[[Any], Any]
LENGTHS = (16, 32, 64, 128)  # of LiteRT's graphs, which have fixed shapes
CALIBRATION_TEXTS = 128


# ---- what runtimes share --------------------------------------------------------------------


def ids_of(folder: Path, tokenizer: str) -> Callable[[str], Any]:
    """A text's ids as a NumPy array, by one of two tokenizers."""
    import numpy as np

    path = str(folder / "tokenizer.json")
    if tokenizer == "nanotoken":
        import nanotoken

        encode = nanotoken.Tokenizer(path).encode
        return lambda text: encode(text)
    import tokenizers

    hugging_face = tokenizers.Tokenizer.from_file(path)
    hugging_face.no_padding()
    return lambda text: np.asarray(hugging_face.encode(text).ids)


def of_one_or_many(answer: Callable[[list[str]], Any]) -> Answer:
    return lambda texts: answer([texts] if isinstance(texts, str) else texts)


def padded(rows: Sequence[Any], length: int, dtype: Any) -> list[Any]:
    """ids, attention mask and token types of one shape."""
    import numpy as np

    ids = np.zeros((len(rows), length), dtype)
    mask = np.zeros((len(rows), length), dtype)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
        mask[i, : len(row)] = 1
    return [ids, mask, np.zeros((len(rows), length), dtype)]


def network(folder: Path) -> Any:
    """The model in torch, from ids to what is compared: two logits, or a vector."""
    import torch
    from transformers import AutoModel, AutoModelForSequenceClassification

    classifies = "Sequence" in config_of(folder)["architectures"][0]
    kind = AutoModelForSequenceClassification if classifies else AutoModel

    class Network(torch.nn.Module):  # type: ignore[misc]  # Any, where torch is not installed
        def __init__(self) -> None:
            super().__init__()
            # "eager" attention is what exporters and fusions recognize
            self.model = kind.from_pretrained(str(folder), attn_implementation="eager")

        def forward(self, ids: Any, mask: Any, types: Any) -> Any:
            found = self.model(input_ids=ids, attention_mask=mask, token_type_ids=types)
            if classifies:
                return found.logits
            weights = mask.unsqueeze(-1).to(torch.float32)
            return (found.last_hidden_state * weights).sum(1) / weights.sum(1)

    return Network().eval()


def example(length: int, dtype: Any) -> tuple[Any, Any, Any]:
    """Inputs for exporters: three tensors, as one that is given twice becomes one input, and a mask
    that masks something, as one that does not may be left out."""
    import torch

    ids, mask, types = (torch.full((1, length), n, dtype=dtype) for n in (1, 1, 0))
    mask[0, -1] = 0
    return ids, mask, types


def config_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "config.json").read_text())
    return found


# ---- bertlite_fast --------------------------------------------------------------------------


def open_ours(folder: Path, precision: str = "int8") -> Answer:
    import bertlite_fast as bf

    if "Sequence" in config_of(folder)["architectures"][0]:
        pipe = bf.pipeline(
            "text-classification", str(folder), precision=precision, top_k=None,
            function_to_apply="none",
        )  # fmt: skip
        return pipe
    return bf.SentenceTransformer(str(folder), precision=precision).encode


# ---- torch ----------------------------------------------------------------------------------


def open_pipeline(folder: Path) -> Answer:
    import torch
    from transformers import pipeline

    torch.set_num_threads(1)
    made: Answer = pipeline(
        "text-classification", model=str(folder), top_k=None, function_to_apply="none",
        device="cpu",
    )  # fmt: skip
    return made


def open_sentence_transformers(folder: Path) -> Answer:
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(1)
    model = SentenceTransformer(str(folder), device="cpu")
    return partial(model.encode, show_progress_bar=False)


def open_torch(folder: Path, compiled: bool = False) -> Answer:
    """The transformers tokenizer and model, called directly; compiled: by torch.compile."""
    import torch
    from transformers import AutoTokenizer

    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    model = network(folder)
    if compiled:
        import torch._inductor.config as inductor

        inductor.freezing = True
        model = torch.compile(model, dynamic=True)

    def answer(texts: Any) -> Any:
        made = tokenizer(texts if isinstance(texts, list) else [texts], return_tensors="pt",
                         padding=True)  # fmt: skip
        with torch.inference_mode():
            return model(
                made["input_ids"], made["attention_mask"], torch.zeros_like(made["input_ids"])
            ).numpy()

    if compiled:  # which takes seconds
        answer("turn on the light")
        answer(["turn on the light", "and the music"])
    return answer


# ---- ONNX Runtime ---------------------------------------------------------------------------


def build_onnx(folder: Path) -> None:
    """model.onnx as exported, fused.onnx with fused attention, int8.onnx from that one."""
    import onnx
    import torch

    target = folder / "model.onnx"
    names = ["input_ids", "attention_mask", "token_type_ids"]
    # The graph of the newer exporter (dynamo) is not recognized by the fusions.
    torch.onnx.export(
        network(folder), example(16, torch.int64), str(target), input_names=names,
        output_names=["output"], dynamo=False, opset_version=17,
        dynamic_axes={name: {0: "texts", 1: "tokens"} for name in names},
    )  # fmt: skip
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.transformers.fusion_options import FusionOptions
    from onnxruntime.transformers.optimizer import optimize_model

    config = config_of(folder)
    fused = optimize_model(
        str(target), model_type="bert", num_heads=config["num_attention_heads"],
        hidden_size=config["hidden_size"], optimization_options=FusionOptions("bert"),
    )  # fmt: skip
    kinds = {node.op_type for node in fused.model.graph.node}
    if "Attention" not in kinds:
        raise RuntimeError("attention was not fused")
    onnx.save(fused.model, str(folder / "fused.onnx"))
    quantize_dynamic(
        str(folder / "fused.onnx"), str(folder / "int8.onnx"), weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul", "Attention"], per_channel=True,
        extra_options={"MatMulConstBOnly": True, "DefaultTensorType": onnx.TensorProto.FLOAT},
    )  # fmt: skip


def open_onnx(folder: Path, file: str = "fused.onnx", tokenizer: str = "nanotoken") -> Answer:
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(folder / file), options, providers=["CPUExecutionProvider"]
    )
    encode = ids_of(folder, tokenizer)
    used = {entry.name for entry in session.get_inputs()}

    def answer(texts: list[str]) -> Any:
        rows = [encode(text) for text in texts]
        ids, mask, types = padded(rows, max(map(len, rows)), np.int64)
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        return session.run(None, {name: given[name] for name in used})[0]

    return of_one_or_many(answer)


# ---- OpenVINO -------------------------------------------------------------------------------


def build_openvino(folder: Path) -> None:
    """openvino.xml, in 8 bits: static, calibrated on texts."""
    import numpy as np
    import openvino
    from nncf import Dataset, ModelType, quantize

    from . import texts

    if not (folder / "model.onnx").exists():
        build_onnx(folder)
    encode = ids_of(folder, "tokenizers")
    chosen = texts.of_length(folder, 32, CALIBRATION_TEXTS, seed=1)

    def given(text: str) -> dict[str, Any]:
        ids, mask, types = padded([encode(text)], 32, np.int64)
        return {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}

    model = openvino.Core().read_model(str(folder / "model.onnx"))
    names = {name for entry in model.inputs for name in entry.get_names()}
    data = [{k: v for k, v in given(text).items() if k in names} for text in chosen]
    made = quantize(
        model, Dataset(data), model_type=ModelType.TRANSFORMER, subset_size=CALIBRATION_TEXTS
    )
    openvino.save_model(made, str(folder / "openvino.xml"))


def open_openvino(
    folder: Path, file: str = "model.onnx", precision: str = "f32", tokenizer: str = "nanotoken"
) -> Answer:
    import numpy as np
    import openvino

    core = openvino.Core()
    compiled = core.compile_model(
        str(folder / file), "CPU",
        {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY",
         "INFERENCE_PRECISION_HINT": precision},
    )  # fmt: skip
    request = compiled.create_infer_request()
    encode = ids_of(folder, tokenizer)
    used = {name for entry in compiled.inputs for name in entry.get_names()}

    def answer(texts: list[str]) -> Any:
        rows = [encode(text) for text in texts]
        ids, mask, types = padded(rows, max(map(len, rows)), np.int64)
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        found = request.infer({k: v for k, v in given.items() if k in used}, share_inputs=True)
        return next(iter(found.values()))

    return of_one_or_many(answer)


# ---- CTranslate2 ----------------------------------------------------------------------------


def build_ctranslate2(folder: Path) -> None:
    from ctranslate2.converters import TransformersConverter

    converter = TransformersConverter(str(folder))
    converter.convert(str(folder / "ctranslate2"), quantization="int8", force=True)


def head_of(folder: Path) -> Callable[[Any], Any]:
    """The pooler and the classifier in NumPy, for runtimes that end with the encoder."""
    import numpy as np
    from safetensors.numpy import load_file

    weights = load_file(str(folder / "model.safetensors"))
    pooler, bias = weights["bert.pooler.dense.weight"].T, weights["bert.pooler.dense.bias"]
    classes, class_bias = weights["classifier.weight"].T, weights["classifier.bias"]
    return lambda first: np.tanh(first @ pooler + bias) @ classes + class_bias


def open_ctranslate2(folder: Path, tokenizer: str = "nanotoken") -> Answer:
    import ctranslate2
    import numpy as np

    encoder = ctranslate2.Encoder(
        str(folder / "ctranslate2"), device="cpu", inter_threads=1, intra_threads=1,
        compute_type="int8",
    )  # fmt: skip
    encode = ids_of(folder, tokenizer)
    classifies = "Sequence" in config_of(folder)["architectures"][0]
    head = head_of(folder) if classifies else None

    def answer(texts: list[str]) -> Any:
        rows = [encode(text).tolist() for text in texts]
        states = np.asarray(encoder.forward_batch(rows).last_hidden_state)
        if head is not None:
            return head(states[:, 0])
        return np.stack([state[: len(row)].mean(0) for state, row in zip(states, rows)])

    return of_one_or_many(answer)


# ---- LiteRT ---------------------------------------------------------------------------------


def build_litert(folder: Path) -> None:
    """A graph for each length: its shapes are fixed."""
    import litert_torch
    import torch
    from ai_edge_quantizer import quantizer, recipe

    model = network(folder)
    for length in LENGTHS:
        whole = folder / f"litert-{length}.tflite"
        litert_torch.convert(model, example(length, torch.int32)).export(str(whole))
        made = quantizer.Quantizer(str(whole), recipe.dynamic_wi8_afp32()).quantize()
        target = folder / f"litert-int8-{length}.tflite"
        made.export_model(str(target), overwrite=True)


def open_litert(
    folder: Path, file: str = "litert-int8-{}.tflite", tokenizer: str = "nanotoken"
) -> Answer:
    """A text goes to the shortest graph that takes it."""
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    encode = ids_of(folder, tokenizer)
    graphs = []
    for length in LENGTHS:
        runner: Any = Interpreter(str(folder / file.format(length)), num_threads=1)
        runner.allocate_tensors()
        inputs = sorted(runner.get_input_details(), key=lambda entry: str(entry["name"]))
        places = [entry["index"] for entry in inputs]
        graphs.append((length, runner, places, runner.get_output_details()[0]["index"]))

    def one(text: str) -> Any:
        row = encode(text)
        for length, runner, places, output in graphs:
            if len(row) <= length:
                for place, value in zip(places, padded([row], length, np.int32)):
                    runner.set_tensor(place, value)
                runner.invoke()
                return runner.get_tensor(output)[0]
        raise ValueError(f"no graph for {len(row)} tokens")

    return lambda texts: one(texts) if isinstance(texts, str) else [one(text) for text in texts]


# ---- llama.cpp ------------------------------------------------------------------------------


def build_llama(folder: Path) -> None:
    """llama-q8.gguf: matrices in q8_0, the rest in fp32."""
    import gguf
    from safetensors.numpy import load_file

    config = config_of(folder)
    layers = config["num_hidden_layers"]
    writer = gguf.GGUFWriter(str(folder / "llama-q8.gguf"), "bert")
    writer.add_context_length(512)
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(layers)
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.NONE)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    words = (folder / "vocab.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_type_count(config["type_vocab_size"])
    writer.add_token_list([llama_word(word) for word in words])
    special = {word: i for i, word in enumerate(words) if word.startswith("[")}
    writer.add_token_types(
        [gguf.TokenType.CONTROL if word in special else gguf.TokenType.NORMAL for word in words]
    )
    writer.add_bos_token_id(special["[CLS]"])
    writer.add_eos_token_id(special["[SEP]"])
    writer.add_sep_token_id(special["[SEP]"])
    writer.add_pad_token_id(special["[PAD]"])
    writer.add_unk_token_id(special["[UNK]"])
    writer.add_mask_token_id(special["[MASK]"])
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, layers)
    for name, values in load_file(str(folder / "model.safetensors")).items():
        target = names.get_name(name.removeprefix("bert."), try_suffixes=(".weight", ".bias"))
        if target is None or "pooler" in name or "classifier" in name:
            continue
        kind = gguf.GGMLQuantizationType.F32
        whole_blocks = values.ndim == 2 and values.shape[1] % 32 == 0
        if whole_blocks and "position" not in name and "token_type" not in name:
            kind = gguf.GGMLQuantizationType.Q8_0
        made = gguf.quants.quantize(values.astype("float32"), kind)
        writer.add_tensor(target, made, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def llama_word(word: str) -> str:
    """Its vocabulary marks the first part of a word, where BERT's marks the later ones."""
    if word.startswith("[") and word.endswith("]"):
        return word
    return word[2:] if word.startswith("##") else "\u2581" + word


def open_llama(folder: Path) -> Answer:
    import llama_cpp
    import numpy as np

    classifies = "Sequence" in config_of(folder)["architectures"][0]
    kinds = {True: llama_cpp.LLAMA_POOLING_TYPE_CLS, False: llama_cpp.LLAMA_POOLING_TYPE_MEAN}
    model = llama_cpp.Llama(
        str(folder / "llama-q8.gguf"), embedding=True, pooling_type=kinds[classifies],
        n_ctx=2048, n_batch=2048, n_ubatch=2048, n_threads=1, n_threads_batch=1, verbose=False,
    )  # fmt: skip
    head = head_of(folder) if classifies else None

    def answer(texts: list[str]) -> Any:
        states = np.asarray(model.embed(texts, normalize=False))
        return states if head is None else head(states)

    return of_one_or_many(answer)
