"""SentenceTransformer: vectors for texts, called as that of sentence-transformers."""

from __future__ import annotations

import os

from . import hub
from ._native import Column, Tensor, TextModel, compared
from .arrays import (
    as_array,
    as_rows,
    as_tensor_of_caller,
    as_torch,
    first_of,
    list_of_rows,
    required_torch,
    torch_in_use,
)
from .checks import whole
from .errors import InputError, ModelConfigError
from .models import Model
from .sentence_base import NAMED_AS, SentenceModel, checked_prompts, longest_of
from .tasks.base import text_list, texts_of
from .tokenizer import Tokenizer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

SIMILARITIES = ("cosine", "dot", "euclidean", "manhattan")
PRECISIONS = ("float32", "int8", "uint8", "binary", "ubinary")
# The arguments of encode that follow prompt.
BEHIND_PROMPT = ("batch_size", "show_progress_bar", "output_value", "precision",
                 "convert_to_numpy", "convert_to_tensor", "device", "normalize_embeddings",
                 "truncate_dim")  # fmt: skip
DOCUMENT_PROMPTS = ("document", "passage", "corpus")
# Arguments that say where and how torch computes, or how a model is downloaded: nothing changes.
UNUSED = frozenset(
    ("device", "cache_folder", "trust_remote_code", "token", "use_auth_token", "model_card_data",
     "backend", "keep_in_fp32_modules")
)  # fmt: skip
# The same inside of model_kwargs and the like.
UNUSED_INSIDE = frozenset(
    ("torch_dtype", "dtype", "device_map", "attn_implementation", "use_safetensors", "token",
     "trust_remote_code", "low_cpu_mem_usage", "use_fast", "cache_dir", "provider", "file_name")
)  # fmt: skip


def find_model(name: str | os.PathLike[str], organization: str, **where: Any) -> str:
    """The path of a model. A name without an owner is one of `organization`, as there."""
    if isinstance(name, str) and name and not os.path.exists(name) and "/" not in name:
        full = f"{organization}/{name}"
        if hub.cached(name, where.get("revision") or "main", where.get("cache_dir")) is None:
            name = full
    return hub.find(name, **where)


def tokenizer_arguments(arguments: dict[str, Any]) -> dict[str, Any]:
    """Take what is for the tokenizer out of the arguments."""
    found: dict[str, Any] = {}
    for name in ("tokenizer_args", "tokenizer_kwargs", "processor_kwargs"):
        if isinstance(arguments.get(name), dict):
            found.update(arguments.pop(name))
    unused = (*UNUSED_INSIDE, "padding", "truncation")  # texts are truncated in any case
    return {name: value for name, value in found.items() if name not in unused}


def config_values(arguments: dict[str, Any]) -> dict[str, Any]:
    """Take the values that replace those of config.json out of the arguments."""
    given = arguments.get("config_kwargs")
    if not isinstance(given, dict):
        return {}
    del arguments["config_kwargs"]
    return {name: value for name, value in given.items() if name not in UNUSED_INSIDE}


def check_arguments(kind: str, arguments: dict[str, Any]) -> None:
    """Refuse what would change results and cannot be done; the rest changes nothing."""
    for name, value in arguments.items():
        if name in UNUSED or value is None:
            continue
        inside = isinstance(value, dict) and name.endswith(("_kwargs", "_args"))
        if inside and set(value) <= UNUSED_INSIDE:
            continue
        more = f" ({', '.join(map(str, set(value) - UNUSED_INSIDE))})" if inside else ""
        raise InputError(f"{kind} does not take {name}{more}; leave it out.")


class SentenceTransformer(SentenceModel):
    """Vectors that tell how alike the meanings of texts are.

    Opens a folder of sentence-transformers, a converted file, or any encoder (its vectors are then
    means); without a name, the embedded model. All that the folder's files say is obeyed: pooling,
    dense layers, normalization, the greatest length, prompts and the similarity.

    >>> from bertlite_fast import SentenceTransformer
    >>> model = SentenceTransformer()
    >>> vectors = model.encode(["lights on", "turn on the lamp", "play music"])
    >>> scores = model.similarity(vectors[:1], vectors[1:])
    >>> bool(scores[0][0] > scores[0][1])
    True
    """

    __module__ = NAMED_AS
    default_huggingface_organization = "sentence-transformers"
    SUPPORTED_SIMILARITY_FN_NAMES = SIMILARITIES

    def __init__(
        self,
        model_name_or_path: str | os.PathLike[str] | None = None,
        *,
        prompts: dict[str, str] | None = None,
        default_prompt_name: str | None = None,
        similarity_fn_name: str | None = None,
        truncate_dim: int | None = None,
        local_files_only: bool = False,
        revision: str | None = None,
        precision: str = "int8",
        threads: int = 1,
        **unused: Any,
    ) -> None:
        """prompts: texts by name, to be put before those that are encoded; default_prompt_name: the
        one that encode uses. similarity_fn_name: cosine, dot, euclidean or manhattan. truncate_dim:
        how many values of a vector are kept. precision: "int8", "fp32" or "fp32-fast".
        tokenizer_kwargs: what replaces values of tokenizer_config.json. Arguments about devices,
        downloads and torch are accepted, and change nothing.
        """
        for_tokenizer = tokenizer_arguments(unused)
        check_arguments("SentenceTransformer", unused)
        if model_name_or_path is None:
            from . import embedded

            path = embedded.for_task("sentence-similarity")
        else:
            path = find_model(
                model_name_or_path,
                "sentence-transformers",
                local_files_only=local_files_only,
                revision=revision,
                cache_dir=unused.get("cache_folder"),
                token=unused.get("token"),
            )
        self.model = Model(path, "embedding", precision=precision, threads=threads)
        self._tokenizer = Tokenizer(path, **for_tokenizer)
        self.text_model = TextModel(self.model, self._tokenizer)
        self._read(_settings(self.model))
        self.max_seq_length = for_tokenizer.get("model_max_length") or self.max_seq_length
        self._override(prompts, default_prompt_name, similarity_fn_name, truncate_dim)

    def _read(self, sentence: dict[str, Any]) -> None:
        """Take over what the model's files say."""
        config = sentence.get("config", {})
        if config.get("model_type") == "CrossEncoder":  # prompts of pairs are not those of texts
            config = {}
        self.prompts = {"query": "", "document": ""}
        self.prompts.update(checked_prompts(config.get("prompts")))
        self.default_prompt_name = config.get("default_prompt_name")
        self.include_prompt = bool(sentence.get("pooling", {}).get("include_prompt", True))
        found = config.get("similarity_fn_name")
        self.similarity_fn_name = found if found is not None else "cosine"
        self.truncate_dim: int | None = config.get("truncate_dim")
        # An embedded model's vectors have length 1, unless its files say otherwise.
        self._pooling = str(self.model.config.to_dict().get("pooling", "model"))
        self._normalize = self._pooling != "model"
        longest = sentence.get("transformer", {}).get("max_seq_length")
        self.max_seq_length = longest or self.text_model.max_tokens

    def _override(
        self,
        prompts: dict[str, str] | None,
        default_prompt_name: str | None,
        similarity_fn_name: str | None,
        truncate_dim: int | None,
    ) -> None:
        self._set_prompts(prompts, default_prompt_name)
        if similarity_fn_name is not None:
            self.similarity_fn_name = similarity_fn_name
        if truncate_dim is not None:
            self.truncate_dim = whole("truncate_dim", truncate_dim, 1)

    # ---- vectors -----------------------------------------------------------------------------

    def encode(
        self,
        sentences: Any = None,
        prompt_name: str | None = None,
        prompt: str | None = None,
        batch_size: int = 32,
        show_progress_bar: bool | None = None,
        output_value: str | None = "sentence_embedding",
        precision: str | None = "float32",
        convert_to_numpy: bool = True,
        convert_to_tensor: bool = False,
        device: Any = None,
        normalize_embeddings: bool = False,
        truncate_dim: int | None = None,
        *,
        inputs: Any = None,
        pool: Any = None,
        chunk_size: Any = None,
        threads: int | str | None = None,
        **unknown: Any,
    ) -> Any:
        """A vector for a text, or rows of them for a list of texts, as a NumPy array.

        prompt: a text to be put before each; prompt_name: the name of one of the model's prompts.
        normalize_embeddings: to length 1. truncate_dim: keep the first values only. precision:
        "float32", or "int8", "uint8", "binary", "ubinary" for fewer bits. output_value:
        "token_embeddings" gives a row for each token, None a dict with all that is known.
        sentences: also a column of pandas, polars or Arrow, in which a null has a row of NaN.
        convert_to_tensor: a torch tensor; neither that nor convert_to_numpy: a list of vectors.
        threads: as the model's, for this call. batch_size, device, pool and chunk_size change
        nothing.
        """
        longest = longest_of(unknown.pop("processing_kwargs", None))
        for name in unknown:
            if name != "task":
                raise InputError(f"encode() does not take {name}; leave it out.")
        if longest is not None and output_value != "sentence_embedding":
            raise InputError("processing_kwargs changes vectors of texts only; leave it out.")
        sentences = inputs if sentences is None else sentences
        if precision is not None and precision not in PRECISIONS:
            raise InputError(
                f"Precision {precision!r} is not supported; it can be {', '.join(PRECISIONS)}."
            )
        whole("batch_size", batch_size, 1)
        prompt = self._prompt(prompt, prompt_name)
        texts = texts_of(sentences)
        prompted: Any = texts
        if prompt:
            prompted = (
                texts.prefixed(prompt)
                if isinstance(texts, Column)
                else [prompt + text for text in texts]
            )
        dimensions = self.truncate_dim if truncate_dim is None else truncate_dim
        kept = 0 if dimensions is None else whole("truncate_dim", dimensions, 1)
        step = None
        if show_progress_bar and texts:
            from .progress import Progress

            step = Progress("Texts", len(texts))
        if output_value == "token_embeddings":
            found: Any = [_one_by_one(self.text_model.hidden(text), step) for text in prompted]
        elif output_value is None:
            found = [_one_by_one(self._features(text, prompt, kept), step) for text in prompted]
        elif output_value != "sentence_embedding":
            raise InputError(
                f"output_value is {output_value!r}; it can be 'sentence_embedding', "
                "'token_embeddings' or None."
            )
        else:
            if threads is not None:
                from .cores import thread_count

                threads = thread_count(threads)
            found = self._vectors(
                prompted, prompt, normalize_embeddings, kept, step, longest, threads
            )
            if isinstance(texts, Column) and texts.nulls and precision not in (None, "float32"):
                raise InputError(
                    f"{texts.nulls} texts are null, which a row of NaN says, but {precision} has "
                    "no NaN; leave them out, or take precision='float32'."
                )
            found = _converted(found, precision, convert_to_numpy, convert_to_tensor)
        return first_of(found) if isinstance(sentences, str) else found

    def __call__(self, texts: Any) -> Any:
        """Vectors of texts as lists of numbers: what routers call an encoder for.

        What tokenize() gave is given back with their vectors as its "sentence_embedding".
        """
        if isinstance(texts, dict):
            read = getattr(texts, "texts", None)
            if read is None:
                raise InputError("only what tokenize() returned is taken here; call encode().")
            vectors = as_tensor_of_caller(self._vectors(read, "", False, 0, None))
            return {**texts, "sentence_embedding": vectors}
        found: list[list[float]] = self.encode(text_list(texts)).tolist()
        return found

    async def acall(self, texts: Any) -> list[list[float]]:
        """The same in a thread, for asyncio."""
        from asyncio import to_thread

        return await to_thread(self, texts)

    def encode_query(
        self,
        sentences: Any = None,
        prompt_name: str | None = None,
        prompt: str | None = None,
        *more: Any,
        **settings: Any,
    ) -> Any:
        """The same for questions: with the prompt called "query", if there is one."""
        if prompt_name is None and prompt is None and "query" in self.prompts:
            prompt_name = "query"
        return self._encode_as("query", sentences, prompt_name, prompt, more, settings)

    def encode_document(
        self,
        sentences: Any = None,
        prompt_name: str | None = None,
        prompt: str | None = None,
        *more: Any,
        **settings: Any,
    ) -> Any:
        """The same for what is searched: with the prompt "document", "passage" or "corpus"."""
        if prompt_name is None and prompt is None:
            prompt_name = next((name for name in DOCUMENT_PROMPTS if name in self.prompts), None)
        return self._encode_as("document", sentences, prompt_name, prompt, more, settings)

    def _encode_as(
        self,
        task: str,
        sentences: Any,
        prompt_name: str | None,
        prompt: str | None,
        more: tuple[Any, ...],
        settings: dict[str, Any],
    ) -> Any:
        """Call encode by names, as who overrides it expects."""
        sentences = settings.pop("inputs", sentences)
        settings.update(zip(BEHIND_PROMPT, more))
        settings.update(dict.fromkeys(self._names_of_texts(), sentences))
        return self.encode(prompt_name=prompt_name, prompt=prompt, task=task, **settings)

    def _names_of_texts(self) -> tuple[str, ...]:
        """What encode calls its texts: sentences, inputs since version 6, or it takes any name."""
        from inspect import signature

        names = ("sentences", "inputs")
        taken = signature(self.encode).parameters
        return tuple(name for name in names if name in taken) or names

    def encode_multi_process(
        self, sentences: Any, pool: Any = None, prompt_name: str | None = None,
        prompt: str | None = None, **settings: Any,
    ) -> Any:  # fmt: skip
        """The same as encode: there is one process, and threads= uses several cores."""
        return self.encode(sentences, prompt_name, prompt, **settings)

    @staticmethod
    def is_singular_input(inputs: Any) -> bool:
        """Whether it is one text, not a list of them."""
        return isinstance(inputs, (str, dict))

    def truncate_sentence_embeddings(self, truncate_dim: int | None) -> Any:
        """In a `with` block, let vectors have their first values only."""
        from contextlib import contextmanager

        @contextmanager
        def truncated() -> Any:
            before = self.truncate_dim
            least = None if truncate_dim is None else whole("truncate_dim", truncate_dim, 1)
            self.truncate_dim = least
            try:
                yield
            finally:
                self.truncate_dim = before

        return truncated()

    truncate_embeddings = truncate_sentence_embeddings

    def _vectors(
        self,
        texts: list[str] | Column,
        prompt: str,
        normalize: bool,
        dimensions: int,
        step: Any,
        longest: int | None = None,
        threads: int | None = None,
    ) -> Any:
        most = self.max_seq_length
        return self.text_model.embed(
            texts,
            self._pooling,
            bool(normalize) or self._normalize,
            most if longest is None else min(most, longest),
            self._prompt_length(prompt),
            dimensions,
            step,
            threads or self.model.threads,
        )

    def _prompt_length(self, prompt: str) -> int:
        """How many tokens at the start of a text are not pooled: its prompt's, with [CLS]."""
        return 0 if self.include_prompt or not prompt else self._length_of(prompt)

    def _length_of(self, prompt: str) -> int:
        """A prompt's tokens, with [CLS]."""
        ids = self._tokenizer(prompt, truncation=True)["input_ids"]
        return len(ids) - (ids[-1] in self._tokenizer.all_special_ids)

    def _features(self, text: str, prompt: str, dimensions: int) -> dict[str, Any]:
        row = self._tokenizer(text, truncation=True)
        vector = self._vectors([text], prompt, False, dimensions, None)
        found = {name: as_tensor_of_caller_ids(row[name]) for name in row}
        found["modality"] = "text"
        if prompt:
            found["prompt_length"] = self._length_of(prompt)
        found["token_embeddings"] = as_tensor_of_caller(self.text_model.hidden(text))
        found["sentence_embedding"] = first_of(as_tensor_of_caller(vector))
        return found

    # ---- comparing ---------------------------------------------------------------------------

    @property
    def similarity_fn_name(self) -> str:
        """How vectors are compared: cosine, dot, euclidean or manhattan."""
        return self._similarity

    @similarity_fn_name.setter
    def similarity_fn_name(self, value: Any) -> None:
        value = getattr(value, "value", value)  # sentence-transformers has an enum of them
        if value is None:
            value = "cosine"
        if value not in SIMILARITIES:
            raise InputError(
                f"similarity_fn_name is {value!r}; it can be {', '.join(SIMILARITIES)}"
                + (" (others are for a MultiVectorEncoder)." if "maxsim" in str(value) else ".")
            )
        self._similarity = str(value)

    def similarity(self, embeddings1: Any, embeddings2: Any) -> Any:
        """How alike each of the first vectors is to each of the second, as rows.

        A NumPy array; for those who use torch, a tensor, as in sentence-transformers.
        """
        first, second = as_rows(embeddings1), as_rows(embeddings2)
        return as_tensor_of_caller(compared(self._similarity, first, second, False))

    def similarity_pairwise(self, embeddings1: Any, embeddings2: Any) -> Any:
        """How alike each of the first vectors is to the one beside it."""
        from .util import pairwise

        return pairwise(self._similarity, embeddings1, embeddings2)

    # ---- what there is to know ---------------------------------------------------------------

    @property
    def tokenizer(self) -> Tokenizer:
        return self._tokenizer

    @property
    def max_seq_length(self) -> int:
        """How many tokens of a text are read."""
        positions: int = self.model.info["positions"]
        return min(self._tokenizer.model_max_length, positions)

    @max_seq_length.setter
    def max_seq_length(self, value: int) -> None:
        self._tokenizer.model_max_length = whole("max_seq_length", value, 1)

    def get_max_seq_length(self) -> int:
        """The same as max_seq_length."""
        return self.max_seq_length

    def get_embedding_dimension(self) -> int:
        """How many values a vector has."""
        sentence = self.model.sentence if self._pooling == "model" else None
        size: int = sentence["dimensions"] if sentence else self.model.info["hidden"]
        return size if self.truncate_dim is None else min(size, self.truncate_dim)

    get_sentence_embedding_dimension = get_embedding_dimension

    def set_pooling_include_prompt(self, include_prompt: bool) -> None:
        """Whether the tokens of a prompt are part of the vector."""
        self.include_prompt = bool(include_prompt)

    def tokenize(self, texts: Iterable[str]) -> Any:
        """The ids of texts, as the model reads them."""
        kind = None if torch_in_use() is None else "pt"
        read = text_list(texts)
        row = self._tokenizer(read, padding=True, truncation=True, return_tensors=kind)
        row.texts = read  # for __call__
        return row

    preprocess = tokenize

    def _tokenizer_used(self) -> Tokenizer:
        return self._tokenizer

    def _changed_settings(self) -> dict[str, dict[str, Any]]:
        as_read = type(self).__new__(type(self))
        as_read.model, as_read.text_model = self.model, self.text_model
        as_read._tokenizer = Tokenizer(str(self.model.source))
        as_read._read(_settings(self.model))
        config, transformer = {}, {}
        for name in ("prompts", "default_prompt_name", "similarity_fn_name", "truncate_dim"):
            if getattr(self, name) != getattr(as_read, name):
                config[name] = getattr(self, name)
        if self.max_seq_length != as_read.max_seq_length:
            transformer["max_seq_length"] = self.max_seq_length
        found = {
            "config_sentence_transformers.json": config,
            "sentence_bert_config.json": transformer,
        }
        return {file: values for file, values in found.items() if values}

    def __reduce__(self) -> tuple[Any, ...]:
        state = {
            name: value
            for name, value in self.__dict__.items()
            if name not in ("model", "_tokenizer", "text_model")
        }
        length = self._tokenizer.model_max_length
        return _rebuilt, (type(self), self.model, self._tokenizer, state, length)

    def __repr__(self) -> str:
        try:
            size = self.get_embedding_dimension()
        except AttributeError:
            return f"<{type(self).__name__}: not open>"
        return f"<{type(self).__name__}: {size} dimensions, {self.model!r}>"


def opened(model: Any = None, **settings: Any) -> Any:
    """A model that is open already, or the one that is named; without a name, the embedded one."""
    if hasattr(model, "encode") and not isinstance(model, str):
        if settings:
            raise InputError(
                f"the model is open already, so {', '.join(settings)} cannot be changed; give them "
                "to SentenceTransformer."
            )
        return model
    return SentenceTransformer(model, **settings)


def as_tensor_of_caller_ids(ids: list[int]) -> Any:
    """Ids as a torch tensor for those who use torch, otherwise as they are."""
    torch = torch_in_use()
    return ids if torch is None else torch.tensor(ids)


def _rebuilt(
    kind: type[SentenceTransformer],
    model: Model,
    tokenizer: Tokenizer,
    state: dict[str, Any],
    length: int,
) -> SentenceTransformer:
    made = kind.__new__(kind)
    made.model, made._tokenizer = model, tokenizer
    made.text_model = TextModel(model, tokenizer)
    made.__dict__.update(state)
    tokenizer.model_max_length = length
    return made


def _settings(model: Model) -> dict[str, Any]:
    """What the model's files say about vectors; an error if it was not made for them."""
    import json

    sentence = model.sentence
    if sentence is None:
        return {}
    if not sentence["dimensions"]:
        raise ModelConfigError(
            "modules.json of this model names no Pooling, so it gives no vectors; open it as "
            "CrossEncoder, or name a model that gives vectors."
        )
    found: dict[str, Any] = json.loads(sentence["json"])
    return found


def _one_by_one(found: Any, step: Any) -> Any:
    """A result for one text, after which the progress is shown."""
    if step is not None:
        step()
    return found if isinstance(found, dict) else as_tensor_of_caller(found)


def _converted(found: Any, precision: str | None, numpy_wanted: bool, torch_wanted: bool) -> Any:
    """Vectors in the type and the precision that were asked for."""
    if not found.shape[0]:  # as there: nothing has no width
        found = Tensor()
    if precision not in (None, "float32") and found.shape[0]:
        from .util import quantize_embeddings

        found = quantize_embeddings(found, str(precision))
    elif torch_wanted:
        return as_torch(found, required_torch("convert_to_tensor"))
    elif not numpy_wanted:
        return list_of_rows(as_tensor_of_caller(found))
    else:
        return as_array(found)
    torch = required_torch("convert_to_tensor") if torch_wanted else torch_in_use()
    if torch_wanted:
        return torch.as_tensor(found)
    return found if numpy_wanted else list(found if torch is None else torch.as_tensor(found))
