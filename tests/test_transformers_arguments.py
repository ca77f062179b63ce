"""Every argument that transformers' functions take is obeyed, ignored or refused by name."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

import bertlite_fast as bf
from bertlite_fast import compatibility
from bertlite_fast.missing import MISSING
from bertlite_fast.tokenizer import SETTINGS

transformers = pytest.importorskip("transformers")

DOCS = (Path(__file__).resolve().parent.parent / "docs/transformers.md").read_text("utf-8")
TEXT = "turn on the light"
# What the functions here take by other means than a parameter of their own.
OBEYED = {
    "pipeline": {"config", "model_kwargs", "pipeline_class", "revision", "token"},
    "from_pretrained": {
        "cache_dir",
        "force_download",
        "ignore_mismatched_sizes",
        "output_hidden_states",
        "subfolder",
        "token",
    },
    "model call": {"position_ids", "output_hidden_states", "return_dict"},
    "pipeline call": set(),
    "save_pretrained": set(),
    "tokenizer call": {"split_special_tokens", "max_target_length"},
    "decode": set(),
    "tokenizer methods": set(),
    "tokenizer from_pretrained": {"use_auth_token", "vocab", *SETTINGS},
    "tokenizer save_pretrained": set(),
}


def parameters(function: Callable[..., Any]) -> set[str]:
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    found = inspect.signature(function).parameters.values()
    return {p.name for p in found if p.kind not in kinds} - {"self", "args_parser"}


def theirs() -> Iterator[tuple[str, Any, Any]]:
    """(function's name in compatibility.py, theirs, ours)."""
    yield "pipeline", transformers.pipeline, bf.pipeline
    yield "pipeline", transformers.Pipeline.__init__, bf.Pipeline.__init__
    yield "pipeline call", transformers.Pipeline.__call__, bf.Pipeline.__call__
    yield "save_pretrained", transformers.BertModel.save_pretrained, bf.Model.save_pretrained
    for name in (
        "BertModel BertForMaskedLM BertForSequenceClassification BertForTokenClassification "
        "BertForQuestionAnswering DistilBertModel DistilBertForSequenceClassification"
    ).split():
        kind = getattr(transformers, name)
        yield "from_pretrained", kind.from_pretrained, bf.AutoModel.from_pretrained
        yield "model call", kind.forward, None
    for name in ("BertTokenizer", "DistilBertTokenizer", "PreTrainedTokenizerFast"):
        kind, own = getattr(transformers, name), bf.Tokenizer
        yield "tokenizer call", kind.__call__, own.__call__
        yield "tokenizer call", kind.encode, own.__call__
        yield "tokenizer call", kind.tokenize, own.tokenize
        for function in ("decode", "batch_decode"):
            yield "decode", getattr(kind, function), getattr(own, function)
        yield "tokenizer methods", kind.pad, own.pad
        yield "tokenizer from_pretrained", kind.from_pretrained, own.from_pretrained
        yield "tokenizer from_pretrained", kind.__init__, own.__init__
        yield "tokenizer save_pretrained", kind.save_pretrained, own.save_pretrained
        for function in (
            "add_tokens add_special_tokens convert_ids_to_tokens convert_tokens_to_ids "
            "convert_tokens_to_string get_special_tokens_mask num_special_tokens_to_add "
            "save_vocabulary"
        ).split():
            yield "tokenizer methods", getattr(kind, function), getattr(own, function)


CALL = {"input_ids", "attention_mask", "token_type_ids"}


def test_every_argument_of_transformers_is_known() -> None:
    unknown = set()
    for function, their, ours in theirs():
        known = CALL if ours is None else parameters(ours)
        known |= OBEYED[function]
        for table in (compatibility.IGNORED, compatibility.REFUSED):
            known |= set(table.get(function, ()))
        unknown |= {(function, name) for name in parameters(their) - known}
    assert not unknown


TASKS = {
    "TextClassificationPipeline": ("text-classification", "L2H64-sequence-classification"),
    "TokenClassificationPipeline": ("token-classification", "L2H64-token-classification"),
    "FillMaskPipeline": ("fill-mask", "L2H64-masked-lm"),
    "FeatureExtractionPipeline": ("feature-extraction", "L2H64-encoder"),
    "ZeroShotClassificationPipeline": ("zero-shot-classification", "L2H64-encoder"),
}


@pytest.mark.parametrize("name", TASKS)
def test_every_setting_of_their_tasks_is_known(words: dict[str, Any], name: str) -> None:
    pipe = words[TASKS[name][0]]
    settings = parameters(getattr(transformers, name)._sanitize_parameters)
    for setting in settings - set(compatibility.REFUSED["pipeline call"]):
        pipe.call_settings({setting: None})  # not refused as unknown


# What is for those who write models, of which a new name is noticed here too.
INTERNAL = set(
    """
    activation_checkpointing_disable activation_checkpointing_enable add_model_tags
    barrier_after_gathered_checkpoint_save base_model_prefix can_record_outputs config_class
    default_input_names dequantize dummy_inputs ep_plan from_pretrained fsdp_plan fsdp_size
    function_to_apply gather_sharded_state_dict_for_save generation_config_class get_compiled_call
    get_correct_attn_implementation get_correct_experts_implementation
    get_expanded_tied_weights_keys get_experts_implementation get_init_context get_memory_footprint
    get_parameter_or_buffer init_parallel_plans input_modalities is_activation_checkpointing
    is_backend_compatible is_custom_code is_distributed_loading_by_transformers
    is_gradient_checkpointing is_remote_code mark_tied_weights_as_initialized
    maybe_distribute_model model_card_data_class model_tags model_type
    named_non_persistent_buffers pp_plan prepare_distribute_model register_for_auto_class
    retrieve_modules_from_names save_distributed_checkpoint set_attn_implementation
    set_experts_implementation set_use_kernels should_save_on_this_rank supports_context_parallel
    supports_gradient_checkpointing supports_pp_plan supports_tp_plan tp_plan tp_size use_kernels
    warn_if_padding_and_no_attention_mask add_bos_token add_eos_token model tokenizer
    """.split()
)


def kinds() -> Iterator[tuple[str, Any, Any]]:
    """(kind in missing.py, a class of theirs, ours)."""
    sentences = pytest.importorskip("sentence_transformers")
    yield "tokenizer", transformers.BertTokenizer, bf.Tokenizer
    for name in TASKS:
        yield "pipeline", getattr(transformers, name), getattr(bf, name)
    yield "model", transformers.BertForSequenceClassification, bf.Model
    yield "SentenceTransformer", sentences.SentenceTransformer, bf.SentenceTransformer
    yield "CrossEncoder", sentences.CrossEncoder, bf.CrossEncoder


def test_every_method_of_theirs_is_there_or_refused_by_name() -> None:
    torch = pytest.importorskip("torch")
    unknown = set()
    for kind, their, ours in kinds():
        theirs_ = {name for name in dir(their) if name[0] != "_"} - set(dir(torch.nn.Module))
        known = {name for names, _ in MISSING[kind] for name in names.split()}
        unknown |= {(kind, name) for name in theirs_ - known - set(dir(ours)) - INTERNAL}
    assert not unknown


def test_what_is_missing_says_what_to_do(words: dict[str, Any], folders: dict[str, Path]) -> None:
    pipe = words["text-classification"]
    model = bf.AutoModel.from_pretrained(folders["L2H64-encoder"])
    objects = [
        ("tokenizer", pipe.tokenizer, "apply_chat_template", "do not chat"),
        ("model", model, "generate", "does not write"),
        ("model", model, "parameters", r"num_parameters\(\)"),
        ("pipeline", pipe, "preprocess", "call the pipeline"),
        ("SentenceTransformer", bf.SentenceTransformer(folders["L2H64-encoder"]), "fit", "train"),
        ("CrossEncoder", bf.CrossEncoder(folders["L2H64-sequence-classification"]), "fit", "train"),
    ]
    for kind, thing, name, instead in objects:
        assert not hasattr(thing, name), (kind, name)
        with pytest.raises(bf.InputError, match=instead):
            getattr(thing, name)
        with pytest.raises(AttributeError, match="does not have nonsense"):
            thing.nonsense  # noqa: B018
        section = DOCS.split("\n## What is missing\n")[1]
        assert all(reason in section for _, reason in MISSING[kind])


def test_the_documents_table_has_every_argument() -> None:
    for table in (compatibility.IGNORED, compatibility.REFUSED):
        for function, arguments in table.items():
            section = DOCS.split(f"\n## {function}\n")[1].split("\n## ")[0]
            rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|$", section, re.M))
            for name, why in arguments.items():
                assert why in rows[name], (function, name)


# ---- pipelines ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def words(folders: dict[str, Path]) -> dict[str, Any]:
    """A pipeline for each task, with a vocabulary of a few words."""
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"turn on the light a b".split()]
    found = {}
    for task, folder in TASKS.values():
        (folders[folder] / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
        found[task] = cast(Any, bf.pipeline)(task, folders[folder])
    return found


IGNORED: dict[str, Any] = {"batch_size": 8, "num_workers": 2}


@pytest.mark.parametrize("task", [t for t, _ in TASKS.values() if t[0] != "z"])
def test_what_changes_nothing_in_a_call(words: dict[str, Any], task: str) -> None:
    text = TEXT.replace("light", "[MASK]") if task == "fill-mask" else TEXT
    pipe = words[task]
    assert pipe([text, text], **IGNORED) == pipe([text, text]) == pipe.predict([text, text])
    assert pipe.transform([text]) == pipe([text])
    assert str(pipe.device) == "cpu" and pipe.framework == "pt"
    with pytest.raises(bf.InputError, match="nonsense"):
        pipe(text, nonsense=1)


def test_arguments_of_pipeline(folders: dict[str, Path], words: dict[str, Any]) -> None:
    folder = folders["L2H64-sequence-classification"]
    ignored: dict[str, Any] = {"device": 0, "use_fast": True, "framework": "pt", "batch_size": 2}
    pipe = bf.pipeline("text-classification", folder, **ignored, model_kwargs={"dtype": "auto"})
    assert pipe(TEXT) == words["text-classification"](TEXT)
    names = dict(enumerate("vwxyz"))
    named = bf.pipeline(
        "text-classification", folder, config=bf.AutoConfig.from_pretrained(folder, id2label=names)
    )
    assert named(TEXT)[0]["label"] in names.values()
    with pytest.raises(bf.InputError, match="pipeline_class"):
        cast(Any, bf.pipeline)("text-classification", folder, pipeline_class=dict)
    with pytest.raises(bf.InputError, match="Changed defines postprocess"):
        type("Changed", (bf.TextClassificationPipeline,), {"postprocess": None})
    with pytest.raises(bf.InputError, match="model_kwargs has hidden_size"):
        bf.pipeline("text-classification", folder, model_kwargs={"hidden_size": 3})


def test_a_pipeline_without_a_task_is_for_its_models_head(
    folders: dict[str, Path], words: dict[str, Any]
) -> None:
    for task, folder in TASKS.values():
        if task != "zero-shot-classification":
            assert bf.pipeline(model=folders[folder]).task == task
    model = bf.AutoModelForMaskedLM.from_pretrained(folders["L2H64-masked-lm"])
    assert bf.pipeline(model=model).task == "fill-mask"
    if "intent" in bf.embedded.names():
        assert bf.pipeline(model="bertlite/intent").task == "intent-classification"
    with pytest.raises(bf.InputError, match="None is not a task"):
        cast(Any, bf.pipeline)()


def test_a_pipeline_is_saved(words: dict[str, Any], tmp_path: Path) -> None:
    for task in ("text-classification", "fill-mask"):
        pipe = words[task]
        pipe.save_pretrained(tmp_path / task)
        text = "turn [MASK] the light" if task == "fill-mask" else TEXT
        assert bf.pipeline(task, tmp_path / task)(text) == pipe(text)


def test_max_length_is_obeyed(words: dict[str, Any]) -> None:
    pipe = words["text-classification"]
    short = pipe("turn on")
    for more in ({"max_length": 4}, {"truncation": True, "max_length": 4, "padding": True}):
        assert pipe(TEXT, **more)[0]["label"] == short[0]["label"]
        assert pipe(TEXT, **more)[0]["score"] == pytest.approx(short[0]["score"], abs=1e-6)
    assert pipe(TEXT, truncation=True) == pipe(TEXT, truncation=False) == pipe(TEXT)
    two = pipe(TEXT, add_special_tokens=False, top_k=2)
    assert two != pipe(TEXT, top_k=2) and len(two) == 2
    features = words["feature-extraction"]
    assert np.allclose(features(TEXT, tokenize_kwargs={"max_length": 4}), features("turn on"))
    for pooling in ("mean", "cls"):
        for normalize in (False, True):
            how = {"pooling": pooling, "normalize": normalize}
            cut = features(TEXT, max_length=4, truncation=True, **how)
            assert np.allclose(cut, features("turn on", **how), atol=1e-6)
    with pytest.raises(bf.InputError, match="max_length"):
        pipe(TEXT, max_length="a")


def test_max_length_is_obeyed_as_transformers_does(
    folders: dict[str, Path], words: dict[str, Any]
) -> None:
    folder = folders["L2H64-sequence-classification"]
    theirs_ = transformers.pipeline(
        "text-classification",
        str(folder),
        tokenizer=transformers.BertTokenizer(str(folder / "vocab.txt")),
    )
    ours: Any = bf.pipeline("text-classification", folder, precision="fp32")
    for more in ({}, {"truncation": True, "max_length": 4}, {"top_k": None, "max_length": 3}):
        more = {**more, "truncation": True}
        a, b = theirs_(TEXT, **more), ours(TEXT, **more)
        assert [x["label"] for x in a] == [x["label"] for x in b]
        assert np.allclose([x["score"] for x in a], [x["score"] for x in b], atol=1e-5)


def test_forms_that_transformers_takes(words: dict[str, Any]) -> None:
    pipe = words["text-classification"]
    pair = {"text": "turn on", "text_pair": "the light"}
    assert pipe([[["turn on", "the light"]]]) == [pipe(pair)]
    for function in ("SOFTMAX", type("Enum", (), {"value": "softmax"})()):
        assert pipe(TEXT, function_to_apply=function) == pipe(TEXT, function_to_apply="softmax")
    (every,) = pipe(TEXT, return_all_scores=True)
    assert [one["label"] for one in every] == [f"LABEL_{i}" for i in range(5)]
    best = pipe(TEXT, return_all_scores=True, top_k=None)
    assert sorted(every, key=lambda one: -one["score"]) == best == pipe(TEXT, top_k=None)
    assert pipe(TEXT, return_all_scores=False) == pipe(TEXT)
    tags = words["token-classification"]
    assert tags(TEXT, aggregation_strategy="SIMPLE") == tags(TEXT, aggregation_strategy="simple")
    for more, meant in (
        ({"grouped_entities": True}, "simple"),
        ({"grouped_entities": True, "ignore_subwords": True}, "first"),
        ({"grouped_entities": False}, "none"),
        ({"ignore_subwords": True}, "none"),
    ):
        with pytest.warns(UserWarning, match=f"aggregation_strategy='{meant}'"):
            assert tags(TEXT, **more) == tags(TEXT, aggregation_strategy=meant)
    features = words["feature-extraction"]
    assert features(TEXT, return_tensors=True).shape == (1, 6, 64)
    assert len(features([["a", "b"]], pooling="mean")[0]) == 2
    zero = words["zero-shot-classification"]
    one = zero([TEXT], ["a", "b"])
    assert isinstance(one, list) and one == [zero(TEXT, ["a", "b"], multi_class=False)]
    with pytest.raises(bf.InputError, match="empty"):
        zero("", ["a"])


def test_questions_are_given_in_every_way(folders: dict[str, Path], words: dict[str, Any]) -> None:
    folder = folders["L2H64-question-answering"]
    source = folders["L2H64-encoder"] / "vocab.txt"
    (folder / "vocab.txt").write_bytes(source.read_bytes())
    pipe: Any = bf.pipeline("question-answering", folder)
    question, context = "turn on", "the light a b"
    expected = pipe(question=question, context=context)
    item = {"question": question, "context": context}
    assert pipe(question, context) == pipe(data=item) == pipe(X=item) == pipe(item) == expected
    assert len(pipe(question, context, topk=2)) == 2
    assert pipe(question, context, max_seq_length=5) == expected  # ignored there too
    assert pipe(question, "  ") == []


class OnlyItems:
    """What a torch Dataset has."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, i: int) -> str:
        return [TEXT, "turn on"][i]


def test_datasets_and_columns(words: dict[str, Any]) -> None:
    pipe = words["text-classification"]
    expected = pipe([TEXT, "turn on"])
    rows = [{"a": TEXT, "b": "the light"}, {"a": "turn on", "b": "b"}]
    assert list(pipe(OnlyItems())) == list(pipe(bf.KeyDataset(rows, "a"))) == expected
    assert list(pipe(row["a"] for row in rows)) == expected
    pairs = list(pipe(bf.KeyPairDataset(rows, "a", "b")))
    assert pairs == pipe([{"text": row["a"], "text_pair": row["b"]} for row in rows])


@pytest.mark.parametrize("library", ["pandas", "datasets", "polars"])
def test_columns_of_tables(words: dict[str, Any], library: str) -> None:
    module = pytest.importorskip(library)
    rows = [{"a": TEXT}, {"a": "turn on"}]
    table = module.Dataset.from_list(rows) if library == "datasets" else module.DataFrame(rows)
    pipe = words["text-classification"]
    assert list(pipe(table["a"])) == pipe([TEXT, "turn on"])


def test_classes_of_transformers(folders: dict[str, Path], words: dict[str, Any]) -> None:
    model = bf.AutoModelForSequenceClassification.from_pretrained(
        folders["L2H64-sequence-classification"]
    )
    tokenizer = words["text-classification"].tokenizer
    pipe = bf.TextClassificationPipeline(model=model, tokenizer=tokenizer, device=-1)
    assert pipe(TEXT) == words["text-classification"](TEXT)
    assert isinstance(pipe, bf.Pipeline)
