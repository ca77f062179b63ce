"""The arguments that transformers' functions have and these do not need.

Every one of them is obeyed, which the functions' own signatures say; ignored, because it changes
nothing here; or refused by name. docs/transformers.md has the table, and
tests/test_transformers_arguments.py compares it with the signatures of the transformers that is
installed.
"""

from __future__ import annotations

from .errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CPU = "models run on the CPU"
PRECISION = "precision= chooses the weights' type"
NO_CODE = "code of a checkpoint is never run"
SAME = "answers do not depend on it"
DOWNLOAD = "huggingface_hub's own settings decide about downloads"
BEGINS = "BERT's texts begin with [CLS] and end with [SEP] in any case"
ONE_TOKENIZER = "there is only one tokenizer"
ONE_LANGUAGE = "a tokenizer has one vocabulary"
OTHER_INPUTS = "only texts are processed"

# function: {argument: why it changes nothing}
IGNORED = {
    "from_pretrained": {
        "attn_implementation": SAME,
        "device_map": CPU,
        "disable_mmap": SAME,
        "dtype": PRECISION,
        "experts_implementation": SAME,
        "low_cpu_mem_usage": SAME,
        "max_memory": CPU,
        "offload_folder": CPU,
        "offload_state_dict": CPU,
        "proxies": DOWNLOAD,
        "resume_download": DOWNLOAD,
        "torch_dtype": PRECISION,
        "tp_plan": CPU,
        "tp_size": CPU,
        "trust_remote_code": NO_CODE,
        "use_kernels": CPU,
        "use_safetensors": "model.safetensors is preferred, and nothing in a pickle is run",
        "weights_only": "nothing in a pickle is ever run",
    },
    "pipeline": {
        "binary_output": OTHER_INPUTS,
        "device": CPU,
        "device_map": CPU,
        "dtype": PRECISION,
        "feature_extractor": OTHER_INPUTS,
        "framework": "there is only one",
        "image_processor": OTHER_INPUTS,
        "processor": OTHER_INPUTS,
        "torch_dtype": PRECISION,
        "trust_remote_code": NO_CODE,
        "use_fast": ONE_TOKENIZER,
        "video_processor": OTHER_INPUTS,
        "batch_size": SAME,
        "num_workers": SAME,
    },
    "pipeline call": {
        "batch_size": SAME,
        "num_workers": SAME,
    },
    "model call": {
        "cache": "encoders keep no cache",
        "past_key_values": "encoders keep no cache",
        "use_cache": "encoders keep no cache",
    },
    "tokenizer call": {
        "add_prefix_space": "BERT's tokenizers have no such prefix",
        "src_lang": ONE_LANGUAGE,
        "tgt_lang": ONE_LANGUAGE,
    },
    "decode": {
        "spaces_between_special_tokens": "they are always between spaces",
        "use_source_tokenizer": ONE_LANGUAGE,
    },
    "tokenizer from_pretrained": {
        "add_bos_token": BEGINS,
        "add_eos_token": BEGINS,
        "add_prefix_space": "BERT's tokenizers have no such prefix",
        "backend": ONE_TOKENIZER,
        "config": "the tokenizer's own files say everything",
        "do_basic_tokenize": "words are always split at punctuation",
        "fix_mistral_regex": ONE_TOKENIZER,
        "from_slow": ONE_TOKENIZER,
        "legacy": ONE_TOKENIZER,
        "mirror": DOWNLOAD,
        "name_or_path": "the path says it",
        "proxies": DOWNLOAD,
        "resume_download": DOWNLOAD,
        "special_tokens_map_file": "found in the folder",
        "tokenizer_type": ONE_TOKENIZER,
        "trust_remote_code": NO_CODE,
        "use_fast": ONE_TOKENIZER,
        "verbose": "nothing is said in any case",
    },
    "tokenizer save_pretrained": {
        "legacy_format": "both forms are written",
        "save_format": "both forms are written",
        "save_jinja_files": "there is no chat template",
        "token": "nothing is uploaded",
    },
    "save_pretrained": {
        "is_main_process": "there is one process",
        "create_model_card": "a card is written by its author",
        "max_shard_size": "a model is one file",
        "train_datasets": "a card is written by its author",
        "safe_serialization": "a pickle is never written",
        "save_original_format": "the files are written as they were read",
        "save_peft_format": "there are no adapters",
        "token": "nothing is uploaded",
    },
}

# function: {argument: what to do instead}
REFUSED = {
    "from_pretrained": {
        "adapter_kwargs": "merge the adapter into its model and save that",
        "distributed_config": "a model runs in one process",
        "from_flax": "save the model from PyTorch as model.safetensors",
        "from_tf": "save the model from PyTorch as model.safetensors",
        "fusion_config": "leave it out",
        "generation_config": "encoders do not generate",
        "gguf_file": "open the folder of the model.safetensors that it was made from",
        "key_mapping": "rename the tensors in the file",
        "output_attentions": "attention weights are not kept",
        "output_loading_info": "leave it out",
        "quantization_config": "precision='int8' is the default; open the unquantized checkpoint",
        "state_dict": "save the weights into a folder and open that",
        "variant": "give the folder with the file renamed to model.safetensors",
    },
    "pipeline": {},
    "pipeline call": {
        "offset_mapping": "offsets come from the tokenizer",
    },
    "model call": {
        "encoder_attention_mask": "an encoder has no cross-attention",
        "encoder_hidden_states": "an encoder has no cross-attention",
        "end_positions": "the loss is for training",
        "head_mask": "no head can be switched off",
        "inputs_embeds": "give input_ids",
        "labels": "the loss is for training",
        "next_sentence_label": "the loss is for training",
        "output_attentions": "attention weights are not kept",
        "start_positions": "the loss is for training",
    },
    "tokenizer call": {},
    "decode": {},
    "tokenizer from_pretrained": {
        "chat_template": "BERT's models do not chat",
        "gguf_file": "open the folder that it was made from",
        "never_split": "add such tokens with add_tokens",
        "tokenizer_object": "save it, and open the tokenizer.json",
    },
    "tokenizer save_pretrained": {
        "push_to_hub": "upload the folder with huggingface_hub",
    },
    "save_pretrained": {
        "distributed_checkpoint": "a model is one file",
        "push_to_hub": "upload the folder with huggingface_hub",
        "state_dict": "the model's own weights are saved",
        "variant": "rename the file afterwards",
    },
}


def needed(function: str, given: dict[str, Any]) -> dict[str, Any]:
    """The given arguments without those that are ignored; an error for those that are refused."""
    ignored, refused = IGNORED[function], REFUSED[function]
    for name, value in given.items():
        if name in refused and value is not None and value is not False:
            raise InputError(f"{name} cannot be obeyed; {refused[name]}.")
    return {
        name: value for name, value in given.items() if name not in ignored and name not in refused
    }


def refuse(function: str, given: dict[str, Any], names: str) -> None:
    """Refuse whatever arguments are left."""
    for name in given:
        raise InputError(f"{name!r} is not an argument of {function}; it takes {names}.")


def call_options(given: dict[str, Any], input_ids: Any) -> dict[str, bool]:
    """What a model's call is asked for beside its inputs."""
    given = needed("model call", given)
    positions = given.pop("position_ids", None)
    if positions is not None:
        _check_positions(positions)
    options = {
        "output_hidden_states": bool(given.pop("output_hidden_states", None)),
        "return_dict": given.pop("return_dict", None) is not False,
    }
    refuse(
        "a model's call",
        given,
        "input_ids, attention_mask, token_type_ids, positions, threads, output_hidden_states and "
        "return_dict",
    )
    return options


def _check_positions(positions: Any) -> None:
    """Positions are always counted from 0; given ones may say so."""
    rows = positions.tolist() if hasattr(positions, "tolist") else positions
    rows = rows if rows and isinstance(rows[0], (list, tuple)) else [rows]
    if any(list(row) != list(range(len(row))) for row in rows):
        raise InputError(
            "position_ids cannot be obeyed; a text's positions are counted from 0, so leave it out."
        )
