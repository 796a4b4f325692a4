"""GET /openapi.json: every route of the server in OpenAPI 3.1, with the bounds that are checked.

The table below has a line for each route but the files of the page. A route without one is an error, so that no route
can be added and left out here.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from penwright.originality.index import MIN_RUN
from penwright.serving.stories.exporting import KINDS
from penwright.serving.web.access import TOKEN_PARAMETER, Access, GuardedRoute
from penwright.serving.web.errors import json_response
from penwright.serving.web.page import FILES_PATH, MAX_COPY_CHARS, MEDIA_TYPES
from penwright.serving.web.schemas import (
    COUNT,
    FLAG,
    NAME,
    TEXT,
    Schema,
    all_schemas,
    given,
    list_of,
    or_null,
    schema_of,
    taken,
)
from penwright.serving.web.service import Service
from penwright.serving.web.stories import MAX_NAME_CHARS
from penwright.settings import Between, Setting

PATH = "/openapi.json"
DESCRIPTION_VERSION = "1"
"""Number that rises when a client that keeps to the description would no longer be understood."""


class Operation(NamedTuple):
    """What there is to say of a route beside its path, its method and who may use it."""

    summary: str
    answer: dict[str, Any] | None
    """Content of the answer by media type, None if there is only refusal."""
    body: Schema | None = None
    """Schema of the body that is sent."""
    parameters: tuple[Schema, ...] = ()
    status: int = 200
    """Status of an answer that does not refuse."""
    refusals: str = ""
    """Statuses of refusals of this route's own, separated by blanks."""


def _json(schema: Schema) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _named(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _parameter(name: str, location: str, schema: Schema) -> Schema:
    return {"name": name, "in": location, "schema": schema, "required": location == "path"}


_STORY = _parameter("id", "path", {"type": "string", "pattern": "^[0-9a-f]{16}$"})
_MODEL_NAME = _parameter("name", "path", {"type": "string", "minLength": 1})
_POINTS = list_of(list_of({"type": "number"}, minItems=2, maxItems=2))
_RUN = given(
    step=COUNT,
    chars_read=COUNT,
    seconds={"type": "number"},
    trained=_POINTS,
    held_out=_POINTS,
    samples=list_of(given(step=COUNT, prompt=TEXT, text=TEXT)),
    ending=or_null(TEXT),
)
_SUMMARY = {
    "anyOf": [
        given(id=TEXT, title=NAME, revision=COUNT, num_chars=COUNT, num_nodes=COUNT, changed=COUNT),
        given(id=TEXT, title=NAME, changed=COUNT, damaged=TEXT),
    ]
}
_ABOUT = given(
    model=TEXT,
    unit=TEXT,
    max_texts=COUNT,
    num_books=COUNT,
    has_run=FLAG,
    finds_copies=FLAG,
    shortest_copy=COUNT,
    labels=list_of(TEXT),
    label=TEXT,
)
_TOKENIZER = given(
    tokenizer_class=TEXT,
    vocab_size=COUNT,
    eos_token=TEXT,
    bos_token={"type": "null"},
    pad_token={"type": "null"},
    chat_template={"type": "null"},
)
_COPY = given(start=COUNT, stop=COUNT, title=TEXT, by=TEXT, char=COUNT, num_chars=COUNT)
_COMPLETION = {
    **_json(_named("Completion")),
    "text/event-stream": {
        "schema": {
            "type": "object",
            "properties": {"data": TEXT},
            "description": "An event. Its data is a completion with what is new of one choice, `[DONE]` in the last.",
        }
    },
}
_LENGTH = {**schema_of(Setting(int, (Between(MIN_RUN, MAX_COPY_CHARS),))), "description": "Shortest run to find."}

OPERATIONS: dict[tuple[str, str], Operation] = {
    ("POST", "/v1/completions"): Operation(
        "Texts after prompts", _COMPLETION, _named("CompletionRequest"), refusals="404 429 503"
    ),
    ("POST", "/v1/chat/completions"): Operation("There is no chat: always refused", None, refusals="404"),
    ("GET", "/v1/models"): Operation(
        "The author that is served", _json(given(object={"const": "list"}, data=list_of(_named("Model"))))
    ),
    ("GET", "/v1/models/{name}"): Operation(
        "One author", _json(_named("Model")), parameters=(_MODEL_NAME,), refusals="404"
    ),
    ("POST", "/tokenize"): Operation(
        "Ids of a text",
        _json(given(tokens=list_of(_named("Symbol")), count=COUNT)),
        taken("prompt", prompt=_named("Prompt")),
    ),
    ("POST", "/detokenize"): Operation(
        "Text of ids", _json(given(prompt=TEXT)), taken("tokens", tokens=_named("Symbols"))
    ),
    ("GET", "/tokenizer_info"): Operation("What evaluation harnesses ask", _json(_TOKENIZER)),
    ("GET", "/metrics"): Operation("Numbers for Prometheus", {"text/plain": {"schema": TEXT}}, refusals="404"),
    ("GET", "/health"): Operation("The server lives", _json(given(status={"const": "ok"}))),
    ("GET", "/ready"): Operation("Requests are answered", _json(given(status={"const": "ready"})), refusals="503"),
    ("GET", PATH): Operation("This description", _json({"type": "object"})),
    ("GET", "/"): Operation(
        "The page. With the token in the address, the cookie that a browser gets for it",
        {"text/html": {"schema": TEXT}},
        parameters=(_parameter(TOKEN_PARAMETER, "query", TEXT),),
        refusals="303",
    ),
    ("GET", "/api/stories"): Operation("All stories", _json(given(stories=list_of(_SUMMARY)))),
    ("POST", "/api/stories"): Operation("A new story", _json(_named("Story")), taken(title=NAME), status=201),
    ("POST", "/api/import"): Operation(
        "A new story from a file",
        _json(_named("Story")),
        taken(
            "name content",
            name={"type": "string", "minLength": 1, "maxLength": MAX_NAME_CHARS},
            content={"type": "string", "contentEncoding": "base64"},
        ),
        status=201,
    ),
    ("GET", "/api/stories/{id}"): Operation(
        "The records of a story, all or those since a revision",
        _json(_named("Story")),
        parameters=(_STORY, _parameter("since", "query", {"type": "integer", "minimum": 0, "maximum": 999_999_999})),
        refusals="404",
    ),
    ("POST", "/api/stories/{id}/records"): Operation(
        "More records of a story, if it is still at the revision for which they were made",
        _json(given(revision=COUNT)),
        taken("revision records", revision=COUNT, records=_named("Records")),
        parameters=(_STORY,),
        refusals="404 409",
    ),
    ("POST", "/api/stories/{id}/remove"): Operation(
        "A story taken away", _json(given(removed={"const": True})), taken(), parameters=(_STORY,), refusals="404"
    ),
    ("GET", "/api/stories/{id}/export"): Operation(
        "A story as a file",
        {kind.partition(";")[0]: {"schema": {} if "json" in kind else TEXT} for kind in KINDS.values()},
        parameters=(_STORY, _parameter("form", "query", {"enum": list(KINDS)})),
        refusals="404",
    ),
    ("GET", "/api/about"): Operation("The author, and what this server can do", _json(_ABOUT)),
    ("GET", "/api/run"): Operation("A training as it goes", _json(_RUN), refusals="404"),
    ("POST", "/api/copies"): Operation(
        "Runs of a text that stand in a training book",
        _json(given(runs=list_of(_COPY))),
        taken("text", text={"type": "string", "maxLength": MAX_COPY_CHARS}, min_length=_LENGTH),
        refusals="404",
    ),
}


def describe(routes: Iterable[BaseRoute], service: Service) -> dict[str, Any]:
    """Return the description of a server.

    Args:
        routes: Its routes.
        service: The author that is served.
    """
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        assert isinstance(route, GuardedRoute), route
        path = route.path.replace(":path}", "}")
        for method in sorted((route.methods or set()) - {"HEAD"}):
            paths.setdefault(path, {})[method.lower()] = _operation(method, path, route.access)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Penwright",
            "version": DESCRIPTION_VERSION,
            "description": "An author that writes on, for programs that speak OpenAI's completions, and for the page.",
        },
        "paths": paths,
        "components": {
            "schemas": all_schemas(service),
            "responses": {"Refusal": {"description": "What to do", "content": _json(_named("Error"))}},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": service.keys.cookie_name},
            },
        },
        "security": [{"token": []}, {"cookie": []}],
    }


def _operation(method: str, path: str, access: Access) -> dict[str, Any]:
    """Return what a description says of a route."""
    told = _file(path) if path.startswith(FILES_PATH) else OPERATIONS[method, path]
    statuses = ["400", "403", "421", *(["408", "413", "415"] if told.body else []), *told.refusals.split()]
    statuses += [] if access is Access.OPEN else ["401"]
    refusal = {"$ref": "#/components/responses/Refusal"}
    responses: dict[str, Any] = {status: refusal for status in sorted(statuses)}
    if "303" in responses:
        responses["303"] = {"description": "To the page, with a cookie"}
    if told.answer is not None:
        responses[str(told.status)] = {"description": told.summary, "content": told.answer}
    found: dict[str, Any] = {"summary": told.summary, "responses": responses}
    if told.parameters:
        found["parameters"] = list(told.parameters)
    if told.body is not None:
        found["requestBody"] = {"required": True, "content": _json(told.body)}
    if access is Access.OPEN:
        found["security"] = []
    return found


def _file(path: str) -> Operation:
    kind = MEDIA_TYPES[path[path.rindex(".") :]].partition(";")[0]
    return Operation("A file of the page", {kind: {"schema": TEXT}})


async def openapi(request: Request) -> Response:
    """GET /openapi.json: this description."""
    return json_response(describe(request.app.routes, request.app.state.service))
