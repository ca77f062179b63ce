"""/openapi.json: what every path takes and gives."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .answers import Answers

# A request of each path and task: shown in the document, and answered when the service starts.
EXAMPLES: dict[str, dict[str, Any]] = {
    "/embed": {"inputs": "turn on the light"},
    "/predict": {"inputs": "what a day"},
    "/rerank": {"query": "when does it open", "texts": ["It opens at nine.", "It is red."]},
    "/similarity": {"inputs": {"source_sentence": "lights on", "sentences": ["lamp on", "rain"]}},
    "/tokenize": {"inputs": "turn on the light"},
    "/decode": {"ids": [[2735, 2006, 1996, 2422]]},
    "/v1/embeddings": {"input": "turn on the light", "model": "bertlite/vectors"},
    "fill-mask": {"inputs": "Please [MASK] the door.", "parameters": {"top_k": 5}},
    "question-answering": {
        "inputs": {"question": "Who opened the door?", "context": "Ada opened the door."}
    },
    "ner": {"inputs": "Ada lived in London."},
    "token-classification": {"inputs": "The quick brown fox jumps."},
    "text-classification": {"inputs": "I did not expect that.", "parameters": {"top_k": 3}},
    "sentiment-analysis": {"inputs": "I love this."},
    "intent-classification": {
        "inputs": "dim the lamp in the hall",
        "parameters": {"slots": True},
    },
    "zero-shot-classification": {
        "inputs": "my card was declined",
        "parameters": {"candidate_labels": ["payment", "delivery"]},
    },
    "feature-extraction": {"inputs": "turn on the light", "parameters": {"pooling": "model"}},
    "sentence-similarity": {
        "inputs": {"source_sentence": "lights on", "sentences": ["lamp on", "rain"]}
    },
}
TEXT = {"type": "string"}
NUMBER = {"type": "number"}
WHOLE = {"type": "integer", "minimum": 0}
TYPES = {str: TEXT, int: {"type": "integer"}, bool: {"type": "boolean"}, float: NUMBER}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _object(required: str = "", /, **properties: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        found["required"] = required.split()
    return found


TEXTS = {"oneOf": [TEXT, _list(TEXT)]}
FLAG = {"type": "boolean"}
IDS = _list(WHOLE)
PAIR = _object("source_sentence sentences", source_sentence=TEXT, sentences=_list(TEXT))
LABEL = _object("label score", label=TEXT, score=NUMBER)
ROWS = _list(_list(NUMBER))
ERROR = _object("error error_type", error=TEXT, error_type=TEXT)
OPENAI_ERROR = _object("error", error=_object("message type", message=TEXT, type=TEXT))
TOKEN = _object("id text special", id=WHOLE, text=TEXT, special=FLAG)
# path: (what it does, request, reply)
PATHS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "/embed": (
        "A vector for each text",
        _object("inputs", inputs=TEXTS, normalize=FLAG, truncate=FLAG),
        ROWS,
    ),
    "/predict": (
        "All labels of a text, or of each pair or text of a list of lists",
        _object("inputs", inputs={}, raw_scores=FLAG, truncate=FLAG),
        {"oneOf": [_list(LABEL), _list(_list(LABEL))]},
    ),
    "/rerank": (
        "Texts by how well they fit a query",
        _object(
            "query texts",
            query=TEXT,
            texts=_list(TEXT),
            raw_scores=FLAG,
            return_text=FLAG,
            truncate=FLAG,
        ),
        _list(_object("index score", index=WHOLE, score=NUMBER, text=TEXT)),
    ),
    "/similarity": (
        "How similar a text is to others",
        _object("inputs", inputs=PAIR),
        _list(NUMBER),
    ),
    "/tokenize": (
        "The tokens of each text",
        _object("inputs", inputs=TEXTS, add_special_tokens=FLAG),
        _list(_list(TOKEN)),
    ),
    "/decode": (
        "The texts of ids",
        _object("ids", ids={"oneOf": [IDS, _list(IDS)]}, skip_special_tokens=FLAG),
        _list(TEXT),
    ),
    "/v1/embeddings": (
        "OpenAI's embeddings",
        _object(
            "input model",
            input={"oneOf": [TEXT, _list(TEXT), IDS, _list(IDS)]},
            model=TEXT,
            encoding_format={"enum": ["float", "base64"]},
            dimensions=WHOLE,
        ),
        _object("object data model usage", object=TEXT, data=_list({}), model=TEXT, usage={}),
    ),
}
GETS = {
    "/v1/models": "The models that /v1/embeddings has",
    "/info": "What is served",
    "/health": "Whether the process lives",
    "/ready": "Whether it takes requests",
    "/metrics": "Counts and times, for Prometheus",
}


def document(answers: Answers) -> dict[str, Any]:
    """The document, for what is served."""
    from .. import __version__
    from .answers import SETTINGS

    paths: dict[str, Any] = {}
    for path, (purpose, request, reply) in PATHS.items():
        if not answers.serves(path):
            continue
        paths[path] = {"post": _post(purpose, request, reply, EXAMPLES[path], "/v1/" in path)}
    for task in answers.pipes:
        parameters = {
            name: {"anyOf": [_type(kind) for kind in kinds]}
            for name, kinds in SETTINGS[task].items()
        }
        inputs: dict[str, Any] = TEXTS
        if task == "sentence-similarity":
            inputs = PAIR
        elif task == "question-answering":
            one = _object("question context", question=TEXT, context=TEXT)
            inputs = {"oneOf": [one, _list(one)]}
        request = _object("inputs", inputs=inputs, parameters=_object(**parameters))
        purpose = f"{task} with {answers.names[task]}"
        paths[f"/tasks/{task}"] = {"post": _post(purpose, request, {}, EXAMPLES[task], False)}
    for path, purpose in GETS.items():
        paths[path] = {
            "get": {
                "summary": purpose,
                "operationId": path.strip("/").replace("/", "_"),
                "responses": {"200": {"description": "OK"}},
            }
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "bertlite-fast", "version": __version__},
        "paths": paths,
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}, {}],
    }


def _type(kind: type) -> dict[str, Any]:
    return _list(TEXT) if kind is list else TYPES[kind]


def _post(
    purpose: str,
    request: dict[str, Any],
    reply: dict[str, Any],
    example: dict[str, Any],
    openai: bool,
) -> dict[str, Any]:
    error = {
        "description": "The request is refused, and why",
        "content": {"application/json": {"schema": OPENAI_ERROR if openai else ERROR}},
    }
    return {
        "summary": purpose,
        "operationId": purpose.lower().replace(" ", "_").replace("'", "").replace(",", ""),
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": request, "example": example}},
        },
        "responses": {
            "200": {
                "description": "The answer",
                "content": {"application/json": {"schema": reply}},
            },
            "4XX": error,
            "503": {**error, "headers": {"Retry-After": {"schema": WHOLE}}},
        },
    }
