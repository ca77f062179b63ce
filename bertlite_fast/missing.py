"""What transformers' and sentence-transformers' objects have and those here do not.

docs/transformers.md has this as a table, and tests/test_transformers_arguments.py walks their
classes, so that nothing of theirs is unknown here.
"""

from __future__ import annotations

from .errors import LibraryError, MissingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

UPLOAD = ("push_to_hub save_to_hub", "save it, and upload that folder with huggingface_hub")
ADAPTERS = (
    "active_adapter active_adapters add_adapter delete_adapter disable_adapters enable_adapters "
    "enable_peft_hotswap get_adapter_state_dict has_peft_compatible_model load_adapter "
    "set_adapter check_peft_compatible_model",
    "merge the adapter into its model, save that and open it",
)
WEIGHTS = (
    "parameters named_parameters state_dict load_state_dict modules named_modules children buffers "
    "get_parameter get_submodule apply base_model bert distilbert classifier pooler embeddings "
    "get_encoder get_decoder set_encoder set_decoder get_input_embeddings set_input_embeddings "
    "get_output_embeddings set_output_embeddings get_position_embeddings "
    "resize_position_embeddings resize_token_embeddings register_forward_hook",
    "weights are packed for the processor and cannot be read or changed; num_parameters(), device, "
    "dtype and config tell about a model",
)

# kind of object: ((names, what to do instead), ...)
MISSING: dict[str, tuple[tuple[str, str], ...]] = {
    "tokenizer": (
        (
            "apply_chat_template get_chat_template save_chat_templates "
            "encode_message_with_chat_template parse_response get_response_parser "
            "response_template chat_control_tokens",
            "BERT's models do not chat",
        ),
        (
            "train_new_from_iterator train",
            "train it with tokenizers, and open what that saves",
        ),
        (
            "decoder model set_truncation_and_padding update_post_processor "
            "convert_to_native_format convert_added_tokens slow_tokenizer_class "
            "can_save_slow_tokenizer register_for_auto_class pretrained_vocab_files_map "
            "as_target_tokenizer",
            "it is not made of parts; backend_tokenizer gives a copy for the package tokenizers",
        ),
        UPLOAD,
    ),
    "model": (
        (
            "generate generation_config get_decoder compute_transition_scores",
            "an encoder does not write texts; fill-mask fills in single words",
        ),
        WEIGHTS,
        ADAPTERS,
        (
            "gradient_checkpointing_enable gradient_checkpointing_disable zero_grad "
            "enable_input_require_grads disable_input_require_grads init_weights post_init "
            "initialize_weights loss_function",
            "train with bertlite_fast.Trainer or TextClassifier",
        ),
        UPLOAD,
    ),
    "pipeline": (
        (
            "preprocess forward postprocess run_single get_iterator get_inference_context "
            "ensure_tensor_on_device device_placement check_model_type aggregate aggregate_word "
            "aggregate_words aggregate_overlapping_entities gather_pre_entities get_tag "
            "group_entities group_sub_entities ensure_exactly_one_mask_token get_masked_index "
            "get_target_ids get_indices get_answer span_to_answer create_sample",
            "call the pipeline, whose steps are one call of the core",
        ),
        UPLOAD,
    ),
    "SentenceTransformer": (
        ("fit old_fit smart_batching_collate train zero_grad", "train it with its own library"),
        (
            "evaluate get_sentence_features",
            "compute scores from encode() and similarity()",
        ),
        (
            "append extend insert pop forward load merge add_module get_model_kwargs processor "
            + WEIGHTS[0],
            "its modules are one model here; encode(), tokenizer and max_seq_length give what "
            "they do",
        ),
        ("gradient_checkpointing_enable", "train it with its own library"),
        ADAPTERS,
        UPLOAD,
    ),
    "CrossEncoder": (
        (
            "fit old_fit smart_batching_collate smart_batching_collate_text_only train zero_grad",
            "train it with its own library",
        ),
        ("evaluate", "compute scores from predict()"),
        (
            "append extend insert pop forward merge add_module get_model_kwargs processor "
            + WEIGHTS[0],
            "its modules are one model here; predict() and tokenizer give what they do",
        ),
        ("gradient_checkpointing_enable", "train it with its own library"),
        ADAPTERS,
        UPLOAD,
    ),
}


def missing(kind: str, owner: Any, name: str) -> AttributeError:
    """The error for an attribute that does not exist; what to do instead, if it is known."""
    for names, instead in MISSING[kind]:
        if name in names.split():
            return MissingError(f"a {kind} does not have {name} here; {instead}.")
    return AttributeError(f"{type(owner).__name__} does not have {name}.")


TRAINING = "it is for training a sentence model, which sentence-transformers itself does"
GENERATION = "an encoder does not write texts"
OTHER_HEADS = "BERT's heads here are those of pipeline()'s tasks"
# names of transformers and of sentence-transformers: why they cannot be imported here
NAMES = {
    "SentenceTransformerTrainer SentenceTransformerTrainingArguments CrossEncoderTrainer "
    "CrossEncoderTrainingArguments SentencesDataset ParallelSentencesDataset losses evaluation "
    "models readers samplers training_args": TRAINING,
    "SparseEncoder SparseEncoderTrainer MultiVectorEncoder": "only dense vectors are made",
    "AutoModelForCausalLM AutoModelForSeq2SeqLM AutoModelWithLMHead TextGenerationPipeline "
    "SummarizationPipeline TranslationPipeline Text2TextGenerationPipeline GenerationConfig "
    "TextStreamer Seq2SeqTrainer Seq2SeqTrainingArguments DataCollatorForSeq2Seq": GENERATION,
    "AutoModelForMultipleChoice AutoModelForNextSentencePrediction AutoModelForPreTraining "
    "BertForMultipleChoice BertForNextSentencePrediction BertLMHeadModel "
    "DistilBertForMultipleChoice": OTHER_HEADS,
    "DataCollatorForLanguageModeling DataCollatorForWholeWordMask": "WordFiller masks words "
    "itself, and trains on texts",
    "TFAutoModel TFBertModel TFAutoModelForSequenceClassification TFBertForSequenceClassification "
    "FlaxAutoModel FlaxBertModel": "models are run without TensorFlow and Flax; take the name "
    "without TF or Flax",
    "RobertaModel RobertaTokenizer RobertaForSequenceClassification XLMRobertaModel "
    "XLMRobertaTokenizer DebertaV2Model ElectraModel AlbertModel GPT2Model GPT2LMHeadModel "
    "GPT2Tokenizer T5Tokenizer T5ForConditionalGeneration": "only BERT and DistilBERT can be run",
    "AutoProcessor AutoImageProcessor AutoFeatureExtractor CLIPModel CLIPProcessor": "only texts "
    "are processed",
    "BitsAndBytesConfig QuantoConfig": "int8 is the default; leave it out",
    "AdamW get_linear_schedule_with_warmup get_scheduler "
    "get_cosine_schedule_with_warmup": "Trainer has its own optimizer and schedules; "
    "lr_scheduler_type and warmup_steps choose",
}


def missing_name(name: str) -> Exception:
    """The error for a name that the package does not have, which its __getattr__ raises.

    `from bertlite_fast import name` would replace the words of an AttributeError, so that of a
    known name is an ImportError there; for hasattr(), getattr() and what calls them (pickle,
    unittest.mock) it is an AttributeError.
    """
    import sys

    is_imported = sys._getframe(2).f_code.co_name == "_handle_fromlist"  # of importlib
    for names, reason in NAMES.items():
        if name in names.split():
            kind = LibraryError if is_imported else MissingError
            return kind(f"{name} does not exist here: {reason}.")
    return AttributeError(f"module {__package__!r} has no attribute {name!r}")
