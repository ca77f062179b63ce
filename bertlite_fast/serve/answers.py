"""What the services answer: JSON in, answers out, whatever carries them.

The tasks have the request and the answer of Hugging Face's Inference API; /v1/embeddings those of
OpenAI; /embed, /predict, /rerank and the others those of text-embeddings-inference (TEI).
"""

from __future__ import annotations

import sys
from binascii import b2a_base64
from json import JSONDecodeError, JSONDecoder, JSONEncoder
from json import encoder as json_encoder

from .._native import Replies, answer_vectors, json_rows, quick_vector, similarities, unit_rows
from ..errors import BertliteError, InputError
from ..pipelines import TASKS, pipeline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Settings = dict[str, tuple[Any, ...]]

VECTORS = ("feature-extraction", "sentence-similarity", "zero-shot-classification")
INTENTS = "intent-classification"
LABELING = (INTENTS, "text-classification", "sentiment-analysis")
WHOLE = ("ner", "token-classification", "question-answering")  # texts of any length are read
TOP_K = 1000  # more answers than anybody reads
WINDOW, STRIDE = 384, 128  # of question-answering, at most, unless a request sets them
FLOATS = 1_000_000  # of one reply

STR, INT, BOOL, NUMBER = (str,), (int,), (bool,), (int, float)
LABELS: Settings = {"top_k": INT, "function_to_apply": STR}
TAGS: Settings = {"aggregation_strategy": STR, "ignore_labels": (list,), "stride": INT}
# What a request may set. Never a file: it would be opened for anyone who asks.
SETTINGS: dict[str, Settings] = {
    "fill-mask": {"top_k": INT, "targets": (list, str)},
    "question-answering": {
        "top_k": INT,
        "max_answer_len": INT,
        "max_question_len": INT,
        "max_seq_len": INT,
        "doc_stride": INT,
        "handle_impossible_answer": BOOL,
        "align_to_words": BOOL,
    },
    "ner": TAGS,
    "token-classification": TAGS,
    "text-classification": LABELS,
    "sentiment-analysis": LABELS,
    "intent-classification": {"top_k": INT, "threshold": NUMBER, "slots": BOOL, "several": BOOL},
    "zero-shot-classification": {
        "candidate_labels": (list, str),
        "multi_label": BOOL,
        "hypothesis_template": STR,
        "sharpness": NUMBER,
    },
    "feature-extraction": {
        "pooling": STR,
        "normalize": BOOL,
        "truncate": BOOL,
        "dimensions": INT,
        "encoding_format": STR,
    },
    "sentence-similarity": {},
}


class Refused(Exception):
    """A request that is not answered: an HTTP status, a sentence, and TEI's word for its kind."""

    def __init__(self, status: int, message: str, kind: str = "Validation") -> None:
        super().__init__(message)
        self.status, self.kind = status, kind


class Limits:
    """What one request may ask for."""

    def __init__(self, bytes: int = 1 << 20, texts: int = 2048, characters: int = 100_000) -> None:
        self.bytes, self.texts, self.characters = bytes, texts, characters


BLANKS = " \t\n\r"  # that JSON may have around it


def _encoding() -> Callable[[Any], str]:
    """JSONEncoder.encode, which makes what it calls anew for each value, with that made once."""
    usual = JSONEncoder(separators=(",", ":"), check_circular=False)
    made: Any = getattr(json_encoder, "c_make_encoder", None)
    if made is None:  # a Python whose json is not in C
        return usual.encode
    escaped = json_encoder.encode_basestring_ascii
    parts = made(None, usual.default, escaped, None, ":", ",", False, False, True)
    return lambda value: "".join(parts(value, 0))


encode = _encoding()


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")


_decoder: Any = JSONDecoder(parse_constant=_no_constant)
_scan = _decoder.scan_once


def _decode(text: str) -> Any:
    """As JSONDecoder.decode, without its regular expressions."""
    text = text.strip(BLANKS)
    try:
        found, end = _scan(text, 0)
    except StopIteration as error:
        raise JSONDecodeError("Expecting value", text, error.value) from None
    if end != len(text):
        raise JSONDecodeError("Extra data", text, end)
    return found


def parsed(data: bytes) -> dict[str, Any]:
    """A request's JSON, which has to be an object."""
    if not data:
        raise Refused(400, "the request has no body; expected a JSON object.")
    try:
        found = _decode(data.decode("utf-8"))
    except RecursionError:
        raise Refused(400, "the request nests too deeply; expected a JSON object.") from None
    except ValueError as error:
        reason = str(error).split("\n")[0][:200]
        raise Refused(400, f"the request is not JSON ({reason}).") from None
    if type(found) is not dict:
        raise Refused(422, f"the request is {_kind(found)}; expected a JSON object.")
    return found


def _given(data: dict[str, Any], name: str = "inputs") -> Any:
    """A request's field; if there is none of that name, it may well have another."""
    value = data.get(name)
    if value is None and name not in data:
        others = ", ".join(f"`{other[:60]}`" for other in list(data)[:9]) or "nothing"
        raise Refused(422, f"`{name}` is missing; the request has {others}.")
    return value


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}
    return names.get(type(value), "a number")


class Answers:
    """The pipelines that are served, each opened once.

    models: task to model (a path or a name); "rerank" is a CrossEncoder's, and
    "feature-extraction" that of everything that compares vectors. aliases: further names under
    which OpenAI's clients may ask for the vectors.
    """

    def __init__(
        self,
        models: dict[str, str] | None = None,
        tasks: tuple[str, ...] = tuple(TASKS),
        limits: Limits | None = None,
        threads: int | str = 1,
        aliases: tuple[str, ...] = (),
    ) -> None:
        models = models or {}
        for name in (*models, *tasks):
            if name not in TASKS and not (name == "rerank" and name in models):
                known = ", ".join((*TASKS, "rerank"))
                raise InputError(f"{name!r} is not a task; expected one of {known}.")
        self.limits = limits or Limits()
        self.pipes: dict[str, Any] = {}
        open_task: Any = pipeline
        for task in sorted({*tasks, *models} - {"rerank"}, key=list(TASKS).index):
            if task in VECTORS and task not in models and VECTORS[0] in {*models, *self.pipes}:
                continue
            self.pipes[task] = open_task(task, models.get(task), threads=threads)
        vectors = self.pipes.get(VECTORS[0])
        for task in VECTORS[1:]:
            if vectors is not None and task in tasks and task not in self.pipes:
                self.pipes[task] = open_task(
                    task, vectors.model, tokenizer=vectors.tokenizer, threads=threads
                )
        self.reranker: Any = None
        if "rerank" in models:
            from ..cross_encoder import CrossEncoder

            self.reranker = CrossEncoder(models["rerank"])
            if self.reranker.num_labels != 1:
                raise InputError(
                    f"the model of rerank has {self.reranker.num_labels} labels, but a reranker "
                    "has one; name another."
                )
        self.names = {
            task: _name(models.get(task), pipe.model.source) for task, pipe in self.pipes.items()
        }
        self.aliases = aliases
        self.known = {name: encode(name) for name in self.models()}  # with them as JSON
        self.replies: dict[tuple[str, bool], Replies] = {}  # as _made makes them
        # What makes a task's answers, where that is not just its pipeline.
        self.finished: dict[str, Callable[..., tuple[str, int, int]]] = {
            "question-answering": self._question,
            INTENTS: self._intents,
            "feature-extraction": self._features,
            "zero-shot-classification": self._zero_shot,
            "fill-mask": self._filled,
            "text-classification": self._labels,
            "sentiment-analysis": self._labels,
        }

    def serves(self, path: str) -> bool:
        """Whether a path has a model; the others say that it is not served."""
        needed = {"/predict": ("text-classification",), "/similarity": VECTORS[:2]}
        if path in ("/tokenize", "/decode") or (path == "/rerank" and self.reranker is not None):
            return True
        return any(task in self.pipes for task in needed.get(path, VECTORS[:1]))

    # ---- what is checked in every request -------------------------------------------------

    def _text(self, value: Any, name: str = "inputs") -> str:
        if type(value) is not str:
            kind = "missing or null" if value is None else _kind(value)
            raise Refused(422, f"`{name}` is {kind}; expected a string.")
        if len(value) > self.limits.characters:
            raise Refused(
                413,
                f"`{name}` has a text of {len(value)} characters; "
                f"the most are {self.limits.characters}.",
            )
        text: str = value
        return text

    def _texts(self, value: Any, name: str = "inputs") -> list[str]:
        """A text or a list of texts, as a list."""
        if type(value) is str:
            return [self._text(value, name)]
        if type(value) is not list:
            kind = "missing or null" if value is None else _kind(value)
            raise Refused(422, f"`{name}` is {kind}; expected a string or a list of strings.")
        self._count(len(value), name)
        for text in value:
            if type(text) is not str or len(text) > self.limits.characters:
                index = next(i for i, other in enumerate(value) if other is text)
                self._text(text, f"{name}[{index}]")
        return value

    def _count(self, number: int, name: str = "inputs") -> None:
        if not number:
            raise Refused(400, f"`{name}` is empty; expected at least one text.", "Empty")
        if number > self.limits.texts:
            raise Refused(413, f"`{name}` has {number} items; the most are {self.limits.texts}.")

    def _pipe(self, task: str) -> Any:
        pipe = self.pipes.get(task)
        if pipe is None:
            raise Refused(
                404, f"{task} is not served here; there is {', '.join(self.pipes)}.", "Backend"
            )
        return pipe

    def _settings(self, task: str, data: dict[str, Any]) -> dict[str, Any]:
        """A task's settings: those under "parameters", each of a known name and type."""
        given = data.get("parameters")
        if given is None:
            given = {}
        if type(given) is not dict:
            raise Refused(422, f"`parameters` is {_kind(given)}; expected an object.")
        known = SETTINGS[task]
        if len(data) > 1:  # feature-extraction's stand beside the inputs, too
            beside = {"inputs", "parameters", "options"}
            given = {**{k: v for k, v in data.items() if k not in beside}, **given}
        settings = {}
        for name, value in given.items():
            if name not in known:
                names = ", ".join(known) or "none"
                raise Refused(422, f"{task} does not take {name[:60]!r}; it takes {names}.")
            if value is None:
                continue
            if type(value) not in known[name]:
                raise Refused(422, f"`{name}` is {_kind(value)}, which {task} does not take.")
            settings[name] = value
        top_k = settings.get("top_k", 1)
        if not 1 <= top_k <= TOP_K:
            raise Refused(422, f"top_k is {top_k}; expected a number from 1 to {TOP_K}.")
        half = self.pipes[task].text_model.max_tokens // 2
        if settings.get("stride", 0) > half:  # windows would hardly advance
            raise Refused(422, f"stride is {settings['stride']}; expected {half} or less.")
        for name in ("targets", "candidate_labels", "ignore_labels"):
            if name in settings:
                self._texts(settings[name], name)
        template = settings.get("hypothesis_template", "{}")
        if template.count("{") != 1 or template.count("}") != 1 or "{}" not in template:
            raise Refused(422, "hypothesis_template has to hold {} once, and no other braces.")
        return settings

    def _too_long(self, pipe: Any, texts: list[str]) -> list[int]:
        """The tokens of each text that is longer than the model takes."""
        most = pipe.text_model.max_tokens
        found = []
        for text in texts:
            if len(text) * 4 > most:  # a character is up to four tokens
                tokens = len(pipe.tokenizer.encode(text))
                if tokens > most:
                    found.append(tokens)
        return found

    def _fitting(self, pipe: Any, tokens: list[int], name: str = "inputs") -> None:
        """Refuse texts of which one has more tokens than the model takes."""
        most = pipe.text_model.max_tokens
        for count in tokens:
            if count > most:
                raise Refused(
                    413, f"`{name}` must have less than {most + 1} tokens. Given: {count}"
                )

    # ---- the tasks ------------------------------------------------------------------------

    def task(self, task: str, data: dict[str, Any]) -> tuple[str, int, int]:
        """A task's answer as JSON, how many texts it answers, and how many of them were cut."""
        pipe = self._pipe(task)
        inputs = _given(data)
        settings = self._settings(task, data) if len(data) > 1 else {}
        if task == "sentence-similarity":
            return (*self.similarity(data), 0)
        finish = self.finished.get(task)
        if finish is None:
            return self._answered(pipe, inputs, settings)
        return finish(pipe, inputs, settings)

    def quick(self, task: str) -> Callable[[bytes], bytes | None] | None:
        """What answers a request that is just one text, from bytes to bytes, as task does; or
        "/embed", as embed does. It may leave a request to that: None. A task without it: None."""
        if task == "/embed":
            if VECTORS[0] not in self.pipes:
                return None
            model, longest = self.pipes[VECTORS[0]].text_model, self.limits.characters
            return lambda request: quick_vector(model, request, longest)
        pipe = self.pipes[task]
        threshold = getattr(pipe, "threshold", 0.0)
        if task not in LABELING or not _is_plain(pipe) or not 0 <= threshold <= 1:
            return None
        replies, most = self._made(pipe), self.limits.characters
        return lambda request: replies.quick(request, threshold, most)

    def _readable(self, inputs: Any) -> Any:
        """A text or a list of texts, as it is."""
        return self._text(inputs) if type(inputs) is str else self._texts(inputs)

    def _made(self, pipe: Any, with_values: bool = False) -> Replies:
        """What writes a pipeline's answers as JSON."""
        key = pipe.task, with_values
        replies = self.replies.get(key)
        if replies is None:
            self.replies[key] = replies = _replies(pipe, with_values)
        return replies

    def _answered(self, pipe: Any, inputs: Any, settings: dict[str, Any]) -> tuple[str, int, int]:
        """As the pipeline answers."""
        if type(inputs) is str:
            found, texts = pipe(self._text(inputs), **settings), [inputs]
        else:
            texts = self._texts(inputs)
            found = pipe(texts, **settings)
        return encode(found), len(texts), self._cut(pipe, texts)

    def _cut(self, pipe: Any, texts: list[str]) -> int:
        return 0 if pipe.task in WHOLE else len(self._too_long(pipe, texts))

    def _labels(self, pipe: Any, inputs: Any, settings: dict[str, Any]) -> tuple[str, int, int]:
        """Each text has a list of labels, as the API's answers do."""
        if _is_plain(pipe) and settings.keys() <= {"top_k"}:
            given = self._readable(inputs)
            text, cut = self._made(pipe).labels(given, settings.get("top_k", 1))
            return text, _count(given), cut
        texts = self._texts(inputs)
        found = pipe(inputs if type(inputs) is str else texts, **settings)
        if type(inputs) is str:
            found = [found]
        elif "top_k" not in settings:
            found = [[label] for label in found]
        return encode(found), len(texts), self._cut(pipe, texts)

    def _intents(self, pipe: Any, inputs: Any, settings: dict[str, Any]) -> tuple[str, int, int]:
        threshold = settings.get("threshold", pipe.threshold)
        if not _is_plain(pipe) or "top_k" in settings or not 0 <= threshold <= 1:
            return self._answered(pipe, inputs, settings)
        given = self._readable(inputs)
        slots, several = settings.get("slots", False), settings.get("several", False)
        if slots or several:
            text, cut = self._made(pipe, True).commands(given, threshold, slots, several)
        else:
            text, cut = self._made(pipe).intents(given, threshold)
        return text, _count(given), cut

    def _filled(self, pipe: Any, inputs: Any, settings: dict[str, Any]) -> tuple[str, int, int]:
        texts = self._texts(inputs)
        self._check_masks(pipe, texts, settings.get("top_k", 5))
        alone = type(inputs) is str
        found = pipe(inputs if alone else texts, **settings)
        if len(texts) == 1 and not alone:
            found = [found]
        return encode(found), len(texts), self._cut(pipe, texts)

    def _check_masks(self, pipe: Any, texts: list[str], top_k: int) -> None:
        mask = pipe.tokenizer.mask_token
        masks = sum(text.count(mask) for text in texts) if mask else 0
        if masks * top_k > 20 * self.limits.texts:
            raise Refused(413, f"{masks} masks with {top_k} words each are too many; send fewer.")

    def _question(self, pipe: Any, inputs: Any, settings: dict[str, Any]) -> tuple[str, int, int]:
        items = inputs if type(inputs) is list else [inputs]
        self._count(len(items))
        for item in items:
            if type(item) is not dict:
                raise Refused(
                    422,
                    f"`inputs` has {_kind(item)}; "
                    'expected {"question": "...", "context": "..."}.',
                )
            for name in ("question", "context"):
                self._text(item.get(name), name)
            question = pipe.cut_question(item["question"], settings)
            self._advancing(pipe, question, item["context"], settings)
        found = [
            pipe(question=item["question"], context=item["context"], **settings) for item in items
        ]
        return encode(found if type(inputs) is list else found[0]), len(items), 0

    def _advancing(self, pipe: Any, question: str, context: str, settings: dict[str, Any]) -> None:
        """Refuse windows that hardly advance: a long context would be read hundreds of times."""
        most = pipe.text_model.max_tokens
        # without both, a long question makes it longer
        is_default = not {"max_seq_len", "doc_stride"} & settings.keys()
        window = most if is_default else min(settings.get("max_seq_len", WINDOW), most)
        room = window - len(pipe.tokenizer.encode(question)) - 1
        shared = settings.get("doc_stride", min(STRIDE, window // 2))
        if is_default and "window" in pipe.config.to_dict():  # whole sentences
            shared = 0
        step = room - shared
        if step * 8 >= window or len(context) * 4 <= room:  # a character is up to four tokens
            return
        if len(pipe.tokenizer.encode(context)) - 2 > room:
            raise Refused(
                422,
                f"the context is read in windows of {window} tokens, which the question and "
                "doc_stride nearly fill; shorten the question or make doc_stride smaller.",
            )

    def _features(self, pipe: Any, inputs: Any, settings: dict[str, Any]) -> tuple[str, int, int]:
        texts = self._texts(inputs)
        pooling = settings.get("pooling")
        self._vector_settings(pipe, settings)
        if settings.get("encoding_format", "float") != "float":
            raise Refused(422, "encoding_format can only be float here; /v1/embeddings has both.")
        if pooling is not None:
            rows, counts = self._vectors(pipe, texts, settings.get("normalize", False), pooling)
            if settings.get("truncate") is False:
                self._fitting(pipe, counts)
            text = json_rows(rows)
            cut = sum(count > pipe.text_model.max_tokens for count in counts)
            return (text if type(inputs) is list else text[1:-1]), len(texts), cut
        too_long = self._too_long(pipe, texts)
        if settings.get("truncate") is False:
            self._fitting(pipe, too_long)
        cut = len(too_long)
        width = pipe.model.info["hidden"]
        tokens = sum(min(len(text) + 2, pipe.text_model.max_tokens) for text in texts)
        if tokens * width > FLOATS:
            raise Refused(
                413,
                "the vectors of every token of these texts are too many for one reply; send "
                'fewer texts, or "pooling": "model".',
            )
        found = ["[" + json_rows(pipe.text_model.hidden(text)) + "]" for text in texts]
        return ("[" + ",".join(found) + "]" if type(inputs) is list else found[0]), len(texts), cut

    def _zero_shot(self, pipe: Any, inputs: Any, settings: dict[str, Any]) -> tuple[str, int, int]:
        texts = self._texts(inputs)
        labels = settings.pop("candidate_labels", None)
        if labels is None:
            raise Refused(422, "`candidate_labels` is missing; give labels under `parameters`.")
        if type(labels) is str:
            labels = [part.strip() for part in labels.split(",")]
        if len(labels) * len(texts) > 10 * self.limits.texts:
            raise Refused(413, f"{len(texts)} texts with {len(labels)} labels each are too many.")
        answers = [
            [
                {"label": label, "score": score}
                for label, score in zip(found["labels"], found["scores"])
            ]
            for found in pipe(texts, candidate_labels=labels, **settings)
        ]
        cut = len(self._too_long(pipe, texts))
        return encode(answers if type(inputs) is list else answers[0]), len(texts), cut

    # ---- text-embeddings-inference ---------------------------------------------------------

    def _vector_settings(self, pipe: Any, data: dict[str, Any]) -> None:
        """Refuse what would give other vectors than those asked for."""
        dimensions = data.get("dimensions")
        if dimensions is not None and dimensions != (width := pipe.model.info["hidden"]):
            raise Refused(
                422,
                f"`dimensions` is {_shown(dimensions)}, but the vectors have {width} dimensions "
                "and cannot be shortened; leave it out.",
            )
        if data.get("prompt_name") is not None:
            raise Refused(422, "`prompt_name` names no prompt of this model; leave it out.")
        if data.get("truncation_direction") not in (None, "right", "Right"):
            raise Refused(422, "`truncation_direction` can only be right here.")

    def _flag(self, data: dict[str, Any], name: str, usual: bool) -> bool:
        value = data.get(name)
        if value is None:
            return usual
        if type(value) is not bool:
            raise Refused(422, f"`{name}` is {_kind(value)}; expected true or false.")
        flag: bool = value
        return flag

    def embed(self, data: dict[str, Any]) -> tuple[str, int]:
        """TEI's /embed: a vector for each text."""
        pipe = self._pipe(VECTORS[0])
        self._vector_settings(pipe, data)
        texts = self._texts(_given(data))
        truncate = self._flag(data, "truncate", False)
        rows, tokens = self._vectors(pipe, texts, self._flag(data, "normalize", True))
        if not truncate:
            self._fitting(pipe, tokens)
        return json_rows(rows), len(texts)

    def _vectors(
        self, pipe: Any, texts: list[str], normalize: bool = True, pooling: str = "model"
    ) -> tuple[Any, list[int]]:
        """A vector for each text, and how many tokens each has."""
        if pipe.threads == 1 or len(texts) == 1:
            found: tuple[Any, list[int]] = answer_vectors(
                pipe.text_model, texts, pooling, normalize
            )
            return found
        rows = pipe.text_model.embed(texts, pooling, normalize, threads=pipe.threads)
        return rows, [len(pipe.tokenizer.encode(text)) for text in texts]

    def predict(self, data: dict[str, Any]) -> tuple[str, int]:
        """TEI's /predict: all labels of a text or a pair; of [[text], [text, pair]] for each."""
        pipe = self._pipe("text-classification")
        inputs = _given(data)
        alone = type(inputs) is str or (
            type(inputs) is list and any(type(item) is str for item in inputs)
        )
        items = [inputs] if alone else inputs
        if type(items) is not list:
            raise Refused(422, f"`inputs` is {_kind(inputs)}; expected a string or a list.")
        self._count(len(items))
        given: list[Any] = []
        cut = not self._flag(data, "truncate", False)
        for item in items:
            texts = [item] if type(item) is str else item
            if type(texts) is not list or not 1 <= len(texts) <= 2:
                raise Refused(
                    422,
                    "`inputs` has to be a text, a pair [text, text], or a list of [text] and "
                    "[text, text].",
                )
            for text in texts:
                self._text(text)
            if cut:
                self._fitting(pipe, self._too_long(pipe, texts))
            given.append(texts[0] if len(texts) == 1 else {"text": texts[0], "text_pair": texts[1]})
        raw = {"function_to_apply": "none"} if self._flag(data, "raw_scores", False) else {}
        found = pipe(given, top_k=min(TOP_K, len(pipe.labels)), **raw)
        return encode(found[0] if alone else found), len(given)

    def rerank(self, data: dict[str, Any]) -> tuple[str, int]:
        """TEI's /rerank: texts by how well they fit a query.

        By a CrossEncoder, if one is served; otherwise by the similarity of vectors.
        """
        query = self._text(data.get("query"), "query")
        texts = self._texts(data.get("texts"), "texts")
        raw = self._flag(data, "raw_scores", False)
        if self.reranker is not None:
            function = "identity" if raw else "sigmoid"
            pairs = [(query, text) for text in texts]
            scores = [
                float(score)
                for score in self.reranker.predict(
                    pairs, activation_fn=function, convert_to_numpy=False
                )
            ]
        else:
            pipe = self._pipe(VECTORS[0])
            truncate = self._flag(data, "truncate", False)
            scores = self._similar(pipe, query, texts, None if truncate else ("query", "texts"))
        order = sorted(range(len(texts)), key=lambda i: -scores[i])
        with_text = self._flag(data, "return_text", False)
        found = [
            {"index": i, "score": scores[i], **({"text": texts[i]} if with_text else {})}
            for i in order
        ]
        return encode(found), len(texts)

    def _similar(
        self, pipe: Any, text: str, others: list[str], names: tuple[str, str] | None = None
    ) -> list[float]:
        """names: of both in the request, where texts have to fit the model."""
        one, tokens = self._vectors(pipe, [text])
        if names is not None:
            self._fitting(pipe, tokens, names[0])
        rows, tokens = self._vectors(pipe, others)
        if names is not None:
            self._fitting(pipe, tokens, names[1])
        found: list[list[float]] = similarities(one, rows).tolist()
        return found[0]

    def similarity(self, data: dict[str, Any]) -> tuple[str, int]:
        """TEI's /similarity: how similar a text is to others, from -1 to 1."""
        pipe = self.pipes.get(VECTORS[1]) or self._pipe(VECTORS[0])
        inputs = _given(data)
        if type(inputs) is not dict:
            raise Refused(
                422,
                f"`inputs` is {_kind(inputs)}; "
                'expected {"source_sentence": "...", "sentences": [...]}.',
            )
        text = self._text(inputs.get("source_sentence"), "source_sentence")
        others = self._texts(inputs.get("sentences"), "sentences")
        return encode(self._similar(pipe, text, others)), len(others)

    def _any_pipe(self) -> Any:
        return self.pipes.get(VECTORS[0]) or next(iter(self.pipes.values()))

    def tokenize(self, data: dict[str, Any]) -> tuple[str, int]:
        """TEI's /tokenize: the tokens of each text, with offsets in characters."""
        tokenizer = self._any_pipe().tokenizer
        texts = self._texts(_given(data))
        specials = self._flag(data, "add_special_tokens", True)
        if sum(map(len, texts)) > self.limits.characters:
            raise Refused(
                413, f"`inputs` has more than {self.limits.characters} characters; send fewer."
            )
        answers = []
        for row in tokenizer(texts, add_special_tokens=specials).encodings:
            tokens = zip(row.ids, row.tokens, row.special_tokens_mask, row.offsets)
            answers.append(
                [
                    {
                        "id": number,
                        "text": token,
                        "special": bool(special),
                        "start": None if special else start,
                        "stop": None if special else end,
                    }
                    for number, token, special, (start, end) in tokens
                ]
            )
        return encode(answers), len(texts)

    def decode(self, data: dict[str, Any]) -> tuple[str, int]:
        """TEI's /decode: the texts of lists of ids."""
        tokenizer = self._any_pipe().tokenizer
        rows = self._ids(data.get("ids"), "ids", len(tokenizer))
        skip = self._flag(data, "skip_special_tokens", True)
        found = [tokenizer.decode(row, skip_special_tokens=skip) for row in rows]
        return encode(found), len(rows)

    def _ids(self, value: Any, name: str, words: int) -> list[list[int]]:
        """A list of ids, or a list of such lists, as the latter."""
        rows = value
        if type(value) is list and value and type(value[0]) is not list:
            rows = [value]
        if type(rows) is not list:
            raise Refused(422, f"`{name}` is {_kind(value)}; expected a list of ids.")
        self._count(len(rows), name)
        for row in rows:
            if type(row) is not list or not row:
                raise Refused(422, f"`{name}` has to hold lists of ids, none of them empty.")
            if len(row) > self.limits.characters:
                raise Refused(413, f"`{name}` has a list of {len(row)} ids, which are too many.")
            for number in row:
                if type(number) is not int or not 0 <= number < words:
                    raise Refused(
                        422,
                        f"`{name}` has {_shown(number)}; expected ids from 0 to {words - 1}.",
                    )
        return rows

    def info(self) -> dict[str, Any]:
        """TEI's /info."""
        from .. import __version__, active_isa

        pipe = self._any_pipe()
        task = next(task for task, other in self.pipes.items() if other is pipe)
        sentence = pipe.model.sentence or {}
        pooling = pipe.config.to_dict().get("pooling") or sentence.get("pooling") or "mean"
        return {
            "model_id": self.names[task],
            "model_sha": None,
            "model_dtype": pipe.model.precision,
            "model_type": {"embedding": {"pooling": pooling}},
            "max_concurrent_requests": 0,
            "max_input_length": pipe.text_model.max_tokens,
            "max_batch_tokens": pipe.text_model.max_tokens * self.limits.texts,
            "max_batch_requests": self.limits.texts,
            "max_client_batch_size": self.limits.texts,
            "auto_truncate": False,
            "tokenization_workers": 1,
            "version": __version__,
            "sha": None,
            "docker_label": None,
            "tasks": self.names,
            "rerank": "similarity" if self.reranker is None else "cross-encoder",
            "instruction_set": active_isa(),
        }

    # ---- OpenAI -----------------------------------------------------------------------------

    def models(self) -> list[str]:
        """The names under which OpenAI's clients may ask for vectors."""
        if VECTORS[0] not in self.pipes:
            return []
        return [self.names[VECTORS[0]], *self.aliases]

    def embeddings(self, data: dict[str, Any]) -> tuple[str, int]:
        """OpenAI's /v1/embeddings, of texts or of lists of ids without special tokens."""
        pipe = self._pipe(VECTORS[0])
        name = data.get("model")
        if type(name) is not str:
            kind = "missing or null" if name is None else _kind(name)
            raise Refused(400, f"model is {kind}; expected one of /v1/models.")
        if name not in self.known:
            raise Refused(
                404,
                f"the model {name[:100]!r} does not exist here; there is "
                f"{', '.join(self.models())}.",
                "model_not_found",
            )
        form = data.get("encoding_format")
        if form not in (None, "float", "base64"):
            raise Refused(400, "encoding_format can be float or base64.")
        if "dimensions" in data:
            self._vector_settings(pipe, {"dimensions": data["dimensions"]})
        found, tokens = self._openai_vectors(pipe, _given(data, "input"))
        texts = _base64(found) if form == "base64" else json_rows(found)[2:-2].split("],[")
        mark, end = '""' if form == "base64" else "[]"
        rows = [
            f'{{"object":"embedding","index":{i},"embedding":{mark}{text}{end}}}'
            for i, text in enumerate(texts)
        ]
        body = (
            '{"object":"list","data":[' + ",".join(rows) + '],"model":' + self.known[name] +
            f',"usage":{{"prompt_tokens":{tokens},"total_tokens":{tokens}}}}}'
        )  # fmt: skip
        return body, len(texts)

    def _openai_vectors(self, pipe: Any, given: Any) -> tuple[Any, int]:
        """Vectors, and how many tokens were read."""
        first = given[0] if type(given) is list and given else None
        if type(first) in (int, list):
            tokenizer = pipe.tokenizer
            rows = self._ids(given, "input", len(tokenizer))
            ends = [number for number in (tokenizer.cls_token_id,) if number is not None]
            last = [number for number in (tokenizer.sep_token_id,) if number is not None]
            rows = [[*ends, *row, *last] for row in rows]
            sizes = [len(row) for row in rows]
            self._in_context(pipe, sizes)
            return unit_rows(pipe.model(rows).tensor), sum(sizes)
        texts = self._texts(given, "input")
        if "" in texts:
            raise Refused(400, "`input` has an empty string; expected at least one character.")
        found, tokens = self._vectors(pipe, texts)
        self._in_context(pipe, tokens)
        return found, sum(tokens)

    def _in_context(self, pipe: Any, tokens: list[int]) -> None:
        """As _fitting, in OpenAI's words."""
        most = pipe.text_model.max_tokens
        for count in tokens:
            if count > most:
                raise Refused(
                    400,
                    f"This model's maximum context length is {most} tokens, however you "
                    f"requested {count} tokens.",
                    "context_length_exceeded",
                )


def _count(inputs: Any) -> int:
    return 1 if type(inputs) is str else len(inputs)


def _is_plain(pipe: Any) -> bool:
    """Whether a call of C does what the pipeline does: no threads share a list, and the labels are
    the model's own, which a SetFit folder's are not."""
    return pipe.threads == 1 and not pipe.settings


def _replies(pipe: Any, with_values: bool) -> Replies:
    labels = [encode(label).encode() for label in pipe.labels]
    if pipe.task != INTENTS:
        return Replies(pipe.text_model, pipe.function, labels)
    values, types = None, []
    if with_values:
        slots = pipe.slot_model()
        values, types = slots.text_model, [encode(kind).encode() for kind in slots.types]
    return Replies(
        pipe.text_model, pipe.function, labels, pipe.refused_mask, pipe.heeds_denials, values, types
    )


def _base64(rows: Any) -> list[str]:
    """Each row's 32-bit floats, the lowest byte first, in base64."""
    data = memoryview(rows).cast("B")
    if sys.byteorder == "big":
        from array import array

        swapped = array("f", data.tobytes())
        swapped.byteswap()
        data = memoryview(swapped.tobytes())
    count = len(rows)
    size = len(data) // count
    return [
        b2a_base64(data[i * size : (i + 1) * size], newline=False).decode() for i in range(count)
    ]


def _shown(value: Any) -> str:
    return encode(value)[:60] if type(value) in (str, int, float) else _kind(value)


def _name(given: str | None, source: Any) -> str:
    """A model's name for clients: the one it was named with, or its file's, without folders."""
    import os

    if given is not None and not os.path.exists(given):
        return given
    stem = os.path.splitext(os.path.basename(str(given or source).rstrip("/\\")))[0]
    return stem if given is not None else f"bertlite/{stem}"


def reason_of(error: BaseException) -> Refused:
    """An exception of a task as a refusal."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, MemoryError):
        return Refused(503, "there is not enough memory for this request now.", "Overloaded")
    if isinstance(error, BertliteError):
        return Refused(422, str(error))
    return Refused(500, "this request met an error of the server, which its log has.", "Backend")
