"""CrossEncoder: a score for a pair of texts, called as that of sentence-transformers."""

from __future__ import annotations

import os

from ._native import TextModel, best_scores
from .arrays import numpy_or_none, required_torch, torch_in_use
from .checks import whole
from .errors import InputError, LibraryError, ModelConfigError, ModelFileError, log
from .files import read_json
from .models import Model
from .sentence_base import NAMED_AS, SentenceModel, checked_prompts, longest_of
from .sentence_transformer import (
    check_arguments,
    config_values,
    find_model,
    tokenizer_arguments,
)
from .tasks.base import iterable_texts
from .tokenizer import Tokenizer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# What is done with logits, by the end of the name of a torch class.
FUNCTIONS = {"Sigmoid": "sigmoid", "Identity": "none"}
# Arguments by their names before sentence-transformers 4.
RENAMED = {
    "model_name": "model_name_or_path",
    "automodel_args": "model_kwargs",
    "tokenizer_args": "processor_kwargs",
    "config_args": "config_kwargs",
    "cache_dir": "cache_folder",
}
SETTINGS_FILE = "config_sentence_transformers.json"
CLASSIFIER = "sequence-classification"
UNUSED = ("device", "pool", "chunk_size", "num_workers")  # of calls: they change nothing


class CrossEncoder(SentenceModel):
    """Scores for pairs of texts, such as how well a passage answers a question.

    Opens a reranker of sentence-transformers, or any model for sequence classification.

    >>> from bertlite_fast import CrossEncoder
    >>> model = CrossEncoder("my-reranker")
    >>> found = model.rank("when does it open", ["It opens at nine.", "It is red."], top_k=1)
    >>> sorted(found[0])
    ['corpus_id', 'score']
    """

    __module__ = NAMED_AS
    default_huggingface_organization = "cross-encoder"

    def __init__(
        self,
        model_name_or_path: str | os.PathLike[str] | None = None,
        num_labels: int | None = None,
        max_length: int | None = None,
        *,
        activation_fn: Any = None,
        default_activation_function: Any = None,
        prompts: dict[str, str] | None = None,
        default_prompt_name: str | None = None,
        local_files_only: bool = False,
        revision: str | None = None,
        precision: str = "int8",
        threads: int = 1,
        **unused: Any,
    ) -> None:
        """num_labels: how many labels are expected; another number is an error. A model that has no
        classifier gets a new one, for num_labels labels (1), whose weights are random. max_length:
        of a pair, in tokens. activation_fn: what is done with the logits: a function of torch, or
        "sigmoid" or "identity"; by default what the model's files say, or else the sigmoid for one
        label and nothing for more. prompts: texts by name, to be put before the first text of a
        pair; default_prompt_name: the one that is used. precision: "int8", "fp32" or
        "fp32-fast". tokenizer_kwargs: what replaces values of tokenizer_config.json. Arguments
        about devices, downloads and torch are accepted, and change nothing.
        """
        for old, new in RENAMED.items():
            if old in unused:
                log(
                    f"The CrossEncoder `{old}` argument was renamed and is now deprecated, please "
                    f"use `{new}` instead."
                )
                unused.setdefault(new, unused.pop(old))
        model_name_or_path = unused.pop("model_name_or_path", model_name_or_path)
        for_tokenizer = tokenizer_arguments(unused)
        values = config_values(unused)
        if "classifier_dropout" in unused:
            values["classifier_dropout"] = unused.pop("classifier_dropout")
            log(
                "The CrossEncoder `classifier_dropout` argument is deprecated. Please use "
                f"`config_kwargs={{'classifier_dropout': {values['classifier_dropout']}}}` instead."
            )
        if num_labels is None:
            num_labels = values.get("num_labels")
        trusted = bool(unused.get("trust_remote_code"))
        check_arguments("CrossEncoder", unused)
        if model_name_or_path is None:
            raise ModelFileError(
                "there is no embedded reranker; name a model, such as the folder of "
                "cross-encoder/ms-marco-MiniLM-L6-v2."
            )
        path = find_model(
            model_name_or_path,
            "cross-encoder",
            local_files_only=local_files_only,
            revision=revision,
            cache_dir=unused.get("cache_folder"),
            token=unused.get("token"),
        )
        self.model = _opened(path, num_labels, values, precision=precision, threads=threads)
        self.tokenizer = Tokenizer(path, **for_tokenizer)
        self.text_model = TextModel(self.model, self.tokenizer)
        settings = self._settings()
        self.prompts = checked_prompts(settings.get("prompts"))
        self.default_prompt_name = settings.get("default_prompt_name")
        self._set_prompts(prompts, default_prompt_name)
        if num_labels is not None and num_labels != self.num_labels:
            raise ModelConfigError(
                f"this model has {self.num_labels} labels, not {num_labels}; to give it others, "
                "train it for them."
            )
        if max_length is not None:
            self.max_seq_length = max_length
        chosen = activation_fn if activation_fn is not None else default_activation_function
        self._function: Any = self._default_function(trusted) if chosen is None else chosen

    def _settings(self) -> dict[str, Any]:
        """What config_sentence_transformers.json says; a new classifier does not inherit it."""
        import json

        if self.model.new_classifier:
            return {}
        sentence = self.model.sentence
        path = os.path.join(str(self.model.source), SETTINGS_FILE)
        found: Any = {}
        if sentence:
            found = json.loads(sentence["json"]).get("config", {})
        elif os.path.isfile(path):  # beside a model without modules.json
            found = read_json(path)
        return found if isinstance(found, dict) else {}

    def _default_function(self, trusted: bool = False) -> Any:
        """What the model's files say is done with logits."""
        values = self.config.to_dict()
        inside = values.get("sentence_transformers")
        usual = "sigmoid" if self.num_labels == 1 else "identity"
        for name in (
            self._settings().get("activation_fn"),
            inside.get("activation_fn") if isinstance(inside, dict) else None,
            values.get("sbert_ce_default_activation_function"),
        ):
            if name is not None:
                return _function(name, usual, trusted)
        return usual

    @property
    def num_labels(self) -> int:
        """How many scores a pair gets."""
        labels: int = self.model.info["labels"]
        return labels

    @property
    def max_seq_length(self) -> int:
        """How many tokens of a pair are read."""
        positions: int = self.model.info["positions"]
        return min(self.tokenizer.model_max_length, positions)

    @max_seq_length.setter
    def max_seq_length(self, value: int) -> None:
        self.tokenizer.model_max_length = whole("max_seq_length", value, 1)

    max_length = max_seq_length

    def get_max_seq_length(self) -> int:
        """The same as max_seq_length."""
        return self.max_seq_length

    @property
    def activation_fn(self) -> Any:
        """What is done with logits: a module of torch.nn for those who use torch, or its name."""
        return _as_module(self._function)

    @activation_fn.setter
    def activation_fn(self, value: Any) -> None:
        self._function = value

    def set_activation_fn(self, activation_fn: Any, set_default: bool = True) -> None:
        """What is done with logits; without set_default, save_pretrained does not keep it."""
        before = self._saved_function()
        self._function = self._default_function() if activation_fn is None else activation_fn
        self._kept = None if set_default else before

    _kept: Any = None  # what is saved, if that is not activation_fn

    def _saved_function(self) -> Any:
        return self._function if self._kept is None else self._kept

    def get_default_activation_fn(self) -> Any:
        """What the model's files say is done with logits."""
        return _as_module(self._default_function())

    @property
    def default_activation_function(self) -> Any:
        """The name of activation_fn before sentence-transformers 4."""
        from warnings import warn

        warn(
            "The `default_activation_function` property was renamed and is now deprecated. "
            "Please use `activation_fn` instead.",
            DeprecationWarning,
            stacklevel=2,
        )
        return self.activation_fn

    @default_activation_function.setter
    def default_activation_function(self, value: Any) -> None:
        self.activation_fn = value

    def predict(
        self,
        sentences: Any = None,
        prompt_name: str | None = None,
        prompt: str | None = None,
        batch_size: int = 32,
        show_progress_bar: bool | None = None,
        activation_fn: Any = None,
        apply_softmax: bool | None = False,
        convert_to_numpy: bool = True,
        convert_to_tensor: bool = False,
        *,
        inputs: Any = None,
        **unused: Any,
    ) -> Any:
        """A score for a pair of texts, or scores for a list of pairs, as a NumPy array.

        With more than one label, a row of scores for each pair. prompt: a text to be put before the
        first of each pair; prompt_name: the name of one of the model's prompts. activation_fn:
        instead of the model's own. apply_softmax: with more than one label, let a row's sum be 1.
        convert_to_tensor: a torch tensor; neither that nor convert_to_numpy: a list, of torch
        tensors for those who use torch. batch_size, device, pool, chunk_size and num_workers change
        nothing.
        """
        whole("batch_size", batch_size, 1)
        longest = longest_of(unused.pop("processing_kwargs", None))
        if "activation_fct" in unused:  # its name before sentence-transformers 4
            activation_fn = unused.pop("activation_fct")
        for name in unused:
            if name not in UNUSED:
                raise InputError(f"predict() does not take {name}; leave it out.")
        prompt = self._prompt(prompt, prompt_name)
        sentences = inputs if sentences is None else sentences
        single = self.is_singular_input(sentences)
        if hasattr(sentences, "tolist"):  # an array of texts
            sentences = sentences.tolist()
        pairs = [sentences] if single else list(iterable_texts(sentences))
        function = self._function if activation_fn is None else activation_fn
        named = _named(function)
        softmax = bool(apply_softmax) and self.num_labels > 1
        step = None
        if show_progress_bar and pairs:
            from .progress import Progress

            step = Progress("Pairs", len(pairs))
        rows = []
        for pair in pairs:
            how = "softmax" if softmax and named == "none" else named
            rows.append(self._scores(pair, prompt, how or "none", longest))
            if step is not None:
                step()
        if named is None or (softmax and named != "none"):
            rows = _applied(rows, function if named is None else None, named, softmax)
        found = _converted(rows, self.num_labels, convert_to_numpy, convert_to_tensor)
        return found[0] if single else found

    def rank(
        self,
        query: str,
        documents: list[str],
        top_k: int | None = None,
        return_documents: bool = False,
        prompt_name: str | None = None,
        prompt: str | None = None,
        batch_size: int = 32,
        show_progress_bar: bool | None = None,
        activation_fn: Any = None,
        **more: Any,
    ) -> list[dict[str, Any]]:
        """The documents by how well they fit the query, best first: [{"corpus_id", "score"}].

        return_documents: with their "text". top_k: only so many. prompt: a text to be put before
        the query.
        """
        for name in ("apply_softmax", "convert_to_numpy", "convert_to_tensor"):
            if name in more:
                log(
                    f"The CrossEncoder.rank `{name}` argument is deprecated and has no effect, as "
                    "`rank` always returns Python floats."
                )
                del more[name]
        if self.num_labels != 1:
            raise InputError(
                "CrossEncoder.rank() only works for models with num_labels=1. Consider using "
                "CrossEncoder.predict() with input pairs instead."
            )
        if isinstance(documents, str):
            raise InputError("documents has to be a list of texts, not one text.")
        texts = list(iterable_texts(documents))
        if top_k is not None:
            top_k = whole("top_k", top_k, 1)
        given = self.predict(
            [(query, text) for text in texts],
            prompt_name,
            prompt,
            batch_size,
            show_progress_bar,
            activation_fn,
            convert_to_numpy=False,
            **more,
        )
        scores = [float(score) for score in given]
        order = sorted(range(len(texts)), key=lambda i: -scores[i])[:top_k]
        found: list[dict[str, Any]] = []
        for i in order:
            found.append({"corpus_id": i, "score": scores[i]})
            if return_documents:
                found[-1]["text"] = texts[i]
        return found

    def _scores(
        self, pair: Any, prompt: str, function: str, longest: int | None = None
    ) -> list[float]:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise InputError(
                f"a pair has to be a list of two texts, not {str(pair)[:60]!r}; "
                "give a list of pairs."
            )
        first = prompt + pair[0] if prompt and isinstance(pair[0], str) else pair[0]
        if longest is None:
            return [score for _, score in self.text_model.classify(first, pair[1], function, 0)]
        given = self.tokenizer(first, pair[1], truncation=True, max_length=longest)
        (row,) = given.encodings
        logits = self.model([row.ids], [row.attention_mask], [row.type_ids]).tensor
        return [score for _, score in sorted(best_scores(logits, function, self.num_labels))]

    @staticmethod
    def is_singular_input(inputs: Any) -> bool:
        """Whether it is one pair of texts, not a list of pairs."""
        if hasattr(inputs, "tolist"):
            inputs = inputs.tolist()
        return isinstance(inputs, (list, tuple)) and bool(inputs) and isinstance(inputs[0], str)

    def tokenize(self, texts: Any, **more: Any) -> Any:
        """The ids of pairs, as the model reads them."""
        kind = None if torch_in_use() is None else "pt"
        pairs = [list(pair) for pair in texts]
        return self.tokenizer(pairs, padding=True, truncation=True, return_tensors=kind, **more)

    preprocess = tokenize

    def _tokenizer_used(self) -> Tokenizer:
        return self.tokenizer

    def _changed_settings(self) -> dict[str, dict[str, Any]]:
        settings = self._settings()
        found: dict[str, Any] = {}
        if self.prompts != checked_prompts(settings.get("prompts")):
            found["prompts"] = self.prompts
        if self.default_prompt_name != settings.get("default_prompt_name"):
            found["default_prompt_name"] = self.default_prompt_name
        chosen = _path(self._saved_function())
        files: dict[str, dict[str, Any]] = {}
        if os.path.isdir(str(self.model.source)):
            inside = self.config.to_dict().get("sentence_transformers")
            inside = inside if isinstance(inside, dict) else {}
            files["config.json"] = {
                "sentence_transformers": {**inside, "activation_fn": chosen},
                "sbert_ce_default_activation_function": None,  # its name before version 4
            }
            found = {"prompts": self.prompts, "default_prompt_name": self.default_prompt_name,
                     "activation_fn": chosen, "model_type": "CrossEncoder"}  # fmt: skip
        elif chosen != _path(self._default_function()):
            found["activation_fn"] = chosen
        if found:
            files[SETTINGS_FILE] = found
        return files

    def __reduce__(self) -> tuple[Any, ...]:
        prompts = (self.prompts, self.default_prompt_name)
        length = self.tokenizer.model_max_length
        return _rebuilt, (type(self), self.model, self.tokenizer, self._function, length,
                          prompts)  # fmt: skip

    def __repr__(self) -> str:
        try:
            return f"<{type(self).__name__}: {self.num_labels} labels, {self.model!r}>"
        except AttributeError:
            return f"<{type(self).__name__}: not open>"


def _rebuilt(
    kind: type[CrossEncoder],
    model: Model,
    tokenizer: Tokenizer,
    function: Any,
    length: int,
    prompts: tuple[dict[str, str], str | None] = ({}, None),
) -> CrossEncoder:
    made = kind.__new__(kind)
    made.model, made.tokenizer = model, tokenizer
    made.prompts, made.default_prompt_name = prompts
    made.text_model = TextModel(model, tokenizer)
    made._function = function
    tokenizer.model_max_length = length
    return made


def _function(name: Any, usual: str, trusted: bool) -> Any:
    """What a file names, such as torch.nn.modules.activation.Sigmoid: only classes of torch.nn.

    The core does the sigmoid and the identity; torch does the rest. As in the original, the usual
    function stands for one that is not torch's.
    """
    path, _, kind = str(name).rpartition(".")
    if not str(name).startswith("torch."):
        if trusted:
            raise LibraryError(
                f"the model's files ask for {str(name)[:60]!r} on its logits, but code of a "
                "checkpoint is never run; give another activation_fn."
            )
        log(
            f"Activation function path '{str(name)[:80]}' is not trusted, using default activation "
            "function instead."
        )
        return usual
    if not (path == "torch.nn" or path.startswith("torch.nn.modules.")) or not kind.isidentifier():
        raise ModelConfigError(
            f"the model's files ask for {str(name)[:60]!r} on its logits, but only functions of "
            "torch.nn can be done; give another activation_fn."
        )
    known = FUNCTIONS.get(kind)
    if known is not None:
        return "identity" if known == "none" else known
    torch = required_torch(f"the function {kind} that the model's files name")
    made = getattr(torch.nn.modules.activation, kind, None)
    if not isinstance(made, type):
        raise ModelConfigError(
            f"the model's files ask for {str(name)[:60]!r} on its logits, which torch.nn does not "
            "have as a function; give another activation_fn."
        )
    return made()


def _path(function: Any) -> str:
    """The name of a function in a file."""
    named = _named(function)
    if named is not None:
        return {"none": "torch.nn.modules.linear.Identity"}.get(
            named, "torch.nn.modules.activation.Sigmoid"
        )
    kind = type(function)
    if kind.__module__.startswith("torch.nn."):
        return f"{kind.__module__}.{kind.__name__}"
    raise InputError(
        f"activation_fn is {function!r}, which a file cannot name; save with a module of torch.nn."
    )


def _as_module(function: Any) -> Any:
    """A function as a module of torch.nn for those who use torch."""
    torch = torch_in_use()
    if torch is None or not isinstance(function, str):
        return function
    return torch.nn.Identity() if _named(function) == "none" else torch.nn.Sigmoid()


def _opened(path: str, num_labels: int | None, values: dict[str, Any], **how: Any) -> Model:
    """The model at this path; if it has no classifier, with a new one, as there. values: of its
    config."""
    if not values:
        try:
            return Model(path, CLASSIFIER, **how)
        except ModelConfigError:
            pass
    from .opening import Opening

    opening = Opening(CLASSIFIER, path, values, **how)
    return opening.model(None, num_labels or 1 if opening.lacks_classifier() else num_labels)


def _named(function: Any) -> str | None:
    """The core's name of a function; None for one that has to be called."""
    if function in ("sigmoid", "identity"):
        return "none" if function == "identity" else "sigmoid"
    if callable(function):
        kind = type(function)
        return FUNCTIONS.get(kind.__name__) if kind.__module__.startswith("torch.") else None
    raise InputError(
        f"activation_fn is {function!r}; it can be 'sigmoid', 'identity' or a function of torch."
    )


def _applied(
    rows: list[list[float]], function: Any, named: str | None, softmax: bool
) -> list[list[float]]:
    """Rows of logits after a function of the caller's, and the softmax."""
    if function is not None:
        torch = required_torch("an activation_fn of torch's")
        rows = function(torch.tensor(rows)).tolist()
    if softmax:
        from ._native import softmax as softmax_of

        rows = [softmax_of(row) for row in rows]
    return rows


def _converted(rows: list[list[float]], labels: int, numpy_wanted: bool, torch_wanted: bool) -> Any:
    """Rows as what was asked for; of one label, a number for each pair."""
    values: list[Any] = [row[0] for row in rows] if labels == 1 else rows
    if torch_wanted:
        return required_torch("convert_to_tensor").tensor(values)
    if not numpy_wanted and torch_in_use() is not None:
        return list(torch_in_use().tensor(values))
    numpy = numpy_or_none() if numpy_wanted else None
    return values if numpy is None else numpy.array(values, dtype="float32")
