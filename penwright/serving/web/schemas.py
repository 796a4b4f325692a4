"""JSON schemas of what the server takes and gives, made of the same declarations that check it."""

from typing import Any

from penwright.author.labels import MAX_SHARE
from penwright.serving.stories.records import (
    MAX_FIRST_CHARS,
    MAX_LABEL_CHARS,
    MAX_RECORDS,
    MAX_SHARES,
    MAX_TEXT_CHARS,
    MAX_TIME,
    MAX_TITLE_CHARS,
    NODE_ID,
    WRITERS,
)
from penwright.serving.web.labels import MAX_MIXTURE_CHARS
from penwright.serving.web.service import Service
from penwright.serving.web.wanted import (
    FIELDS,
    MAX_BIASES,
    MAX_PROMPT_CHARS,
    MAX_STOP_CHARS,
    MAX_STOPS,
    MAX_TEXTS,
)
from penwright.settings import MAX_INT64, Between, Matching, MaxChars, OneOf, Setting

Schema = dict[str, Any]

_KINDS = {bool: "boolean", int: "integer", float: "number", str: "string"}
TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": MAX_INT64}
FLAG: Schema = {"type": "boolean"}
NAME: Schema = {"type": "string", "maxLength": MAX_TITLE_CHARS}
_SHARES: Schema = {
    "type": "object",
    "propertyNames": {"minLength": 1, "maxLength": MAX_LABEL_CHARS},
    "additionalProperties": {"type": "number", "minimum": 0, "maximum": MAX_SHARE},
    "maxProperties": MAX_SHARES,
}


def taken(required: str = "", /, **properties: Schema) -> Schema:
    """Return the schema of an object that the server takes. Fields that nobody knows are passed over.

    Args:
        required: Names of fields that must be there, separated by blanks.
        **properties: Schemas by name.
    """
    return {"type": "object", "properties": properties, "required": required.split()}


def given(**properties: Schema) -> Schema:
    """Return the schema of an object that the server gives, with all of some fields and no others."""
    return {**taken(" ".join(properties), **properties), "additionalProperties": False}


def list_of(items: Schema, **bounds: int) -> Schema:
    """Return the schema of a list.

    Args:
        items: Schema of each of its items.
        **bounds: `minItems` and `maxItems`.
    """
    return {"type": "array", "items": items, **bounds}


def or_null(schema: Schema) -> Schema:
    """Return the schema of a value or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def schema_of(setting: Setting) -> Schema:
    """Return the schema of a setting."""
    found: Schema = {"type": _KINDS[setting.kind]}
    for rule in setting.rules:
        match rule:
            case Between(low, high, excluding):
                found["exclusiveMinimum" if excluding == low else "minimum"] = low
                found["exclusiveMaximum" if excluding == high else "maximum"] = high
            case OneOf(names):
                found["enum"] = list(names)
            case MaxChars(limit):
                found["maxLength"] = limit
            case Matching(pattern, _):
                found["pattern"] = f"^(?:{pattern.pattern})$"
    return {**found, "description": setting.description} if setting.description else found


def all_schemas(service: Service) -> dict[str, Schema]:
    """Return the schemas that a description names, by their names.

    Args:
        service: The author that is served, whose alphabet bounds the ids.
    """
    max_texts = min(MAX_TEXTS, service.engine.max_rows)
    symbol: Schema = {"type": "integer", "minimum": 0, "maximum": service.alphabet.vocab_size - 1}
    return {
        "Error": given(
            error=given(message=TEXT, type=TEXT, param=or_null(TEXT), code=or_null(TEXT)),
        ),
        "CompletionRequest": _completion_request(symbol, max_texts=max_texts, model_name=service.model_name),
        "Completion": given(
            id=TEXT,
            object={"const": "text_completion"},
            created=COUNT,
            model=TEXT,
            choices=list_of(_choice(finish=TEXT)),
            usage=given(prompt_tokens=COUNT, completion_tokens=COUNT, total_tokens=COUNT),
        ),
        "Model": given(id=TEXT, object={"const": "model"}, created=COUNT, owned_by=TEXT, labels=list_of(TEXT)),
        "Symbol": symbol,
        "Prompt": {"type": "string", "maxLength": MAX_PROMPT_CHARS},
        "Symbols": list_of(symbol, maxItems=MAX_PROMPT_CHARS),
        "Record": {"oneOf": _records()},
        "Story": given(
            id=TEXT, revision=COUNT, records=list_of({"$ref": "#/components/schemas/Record"}, maxItems=MAX_INT64)
        ),
        "Records": list_of({"$ref": "#/components/schemas/Record"}, minItems=1, maxItems=MAX_RECORDS),
    }


def _completion_request(symbol: Schema, *, max_texts: int, model_name: str) -> Schema:
    texts = list_of(TEXT, minItems=1, maxItems=max_texts)
    lists = list_of(list_of(symbol), minItems=1, maxItems=max_texts)
    stop = {"type": "string", "minLength": 1, "maxLength": MAX_STOP_CHARS}
    fields = {name: schema_of(setting) for name, setting in FIELDS.items()}
    for name in ("n", "best_of"):
        fields[name] = {**fields[name], "maximum": max_texts}
    fields |= {
        "prompt": {
            "anyOf": [{"$ref": "#/components/schemas/Prompt"}, texts, list_of(symbol, minItems=1), lists],
            "description": "A text, several, the ids of one, or those of several.",
        },
        "model": {"const": model_name},
        "stop": {"anyOf": [{"type": "string", "maxLength": MAX_STOP_CHARS}, list_of(stop, maxItems=MAX_STOPS)]},
        "logit_bias": {
            "type": "object",
            "propertyNames": {"pattern": "^[0-9]{1,9}$"},
            "additionalProperties": {"type": "number", "minimum": -100, "maximum": 100},
            "maxProperties": MAX_BIASES,
            "description": "Numbers to add to the logits of ids.",
        },
        "suffix": {"const": "", "description": "There is no filling in: it must be empty."},
        "stream_options": taken(include_usage=or_null(FLAG)),
        "as": {
            "anyOf": [
                {"type": "string", "minLength": 1, "maxLength": MAX_MIXTURE_CHARS},
                {**_SHARES, "minProperties": 1},
            ],
            "description": "Label or mixture to write under, such as austen:0.7,doyle:0.3, or shares by label.",
        },
    }
    return taken(**{name: or_null(schema) for name, schema in fields.items()})


def _choice(*, finish: Schema) -> Schema:
    numbers = list_of(or_null({"type": "number", "maximum": 0}))
    tops = list_of(or_null({"type": "object", "additionalProperties": {"type": "number", "maximum": 0}}))
    log_probs = given(tokens=list_of(TEXT), token_logprobs=numbers, top_logprobs=tops, text_offset=list_of(COUNT))
    return given(text=TEXT, index=COUNT, logprobs=or_null(log_probs), finish_reason=finish)


def _records() -> list[Schema]:
    """Return the schemas of the records of a story."""
    node: Schema = {"type": "string", "pattern": f"^{NODE_ID.pattern}$"}
    text: Schema = {"type": "string", "maxLength": MAX_TEXT_CHARS}
    time: Schema = {"type": "integer", "minimum": 0, "maximum": MAX_TIME}
    flat: Schema = {"type": ["string", "number", "boolean", "null"]}
    note: Schema = {"type": "object", "additionalProperties": flat, "maxProperties": 40}
    name: Schema = {**NAME, "minLength": 1}
    kinds: dict[str, dict[str, Schema]] = {
        "node": {
            "id": node,
            "parent": node,
            "at": time,
            "removed": text,
            "inserted": text,
            "by": {"enum": list(WRITERS)},
        },
        "head": {"node": node},
        "mark": {"node": node, "name": NAME},
        "title": {"title": NAME},
        "first": {"name": name, "text": or_null({**text, "maxLength": MAX_FIRST_CHARS})},
        "as": {"shares": _SHARES},
    }
    records = [given(kind={"const": kind}, **fields) for kind, fields in kinds.items()]
    records[0]["properties"] |= {"time": time, "note": note}
    return records
