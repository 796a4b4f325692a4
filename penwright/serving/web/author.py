"""Routes that tell of the author and of the server: models, the alphabet, health and metrics."""

import asyncio
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from penwright.serving.web.connection import read_json
from penwright.serving.web.errors import ApiError, json_response
from penwright.serving.web.service import Service
from penwright.serving.web.wanted import MAX_PROMPT_CHARS, ids_of

END_MARK = "\n"
"""What is told to be the end of a text: evaluation harnesses put it before a text that has nothing before it."""


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


async def models(request: Request) -> Response:
    """GET /v1/models: the one author that there is."""
    return json_response({"object": "list", "data": [_model(_service(request))]})


async def model(request: Request) -> Response:
    """GET /v1/models/NAME."""
    service = _service(request)
    name = request.path_params["name"]
    if name != service.model_name:
        raise ApiError(
            404,
            f"there is no model {name[:100]!r} here. The author of this server is {service.model_name!r}.",
            kind="not_found_error",
            code="model_not_found",
        )
    return json_response(_model(service))


def _model(service: Service) -> dict[str, Any]:
    return {
        "id": service.model_name,
        "object": "model",
        "created": service.started,
        "owned_by": "penwright",
        "labels": service.labels.names,
    }


async def chat(request: Request) -> Response:
    """POST /v1/chat/completions: there is no chat."""
    raise ApiError(
        404,
        "this author writes on and does not chat. Send a text to /v1/completions.",
        kind="not_found_error",
        code="no_chat",
    )


async def tokenize(request: Request) -> Response:
    """POST /tokenize: a text as ids."""
    service, data = _service(request), await read_json(request)
    prompt = data.get("prompt")
    if not isinstance(prompt, str) or len(prompt) > MAX_PROMPT_CHARS:
        raise ApiError(400, f"prompt must be a text of at most {MAX_PROMPT_CHARS:,} characters.", param="prompt")
    ids = await asyncio.to_thread(lambda: service.alphabet.encode(prompt).tolist())
    return json_response({"tokens": ids, "count": len(ids)})


async def detokenize(request: Request) -> Response:
    """POST /detokenize: ids as a text."""
    service, data = _service(request), await read_json(request)
    ids = ids_of(data.get("tokens"), name="tokens", vocab_size=service.alphabet.vocab_size)
    if len(ids) > MAX_PROMPT_CHARS:
        raise ApiError(400, f"tokens must be at most {MAX_PROMPT_CHARS:,} ids.", param="tokens")
    prompt = await asyncio.to_thread(lambda: service.alphabet.decode(np.array(ids, np.int64)))
    return json_response({"prompt": prompt})


async def tokenizer_info(request: Request) -> Response:
    """GET /tokenizer_info: what evaluation harnesses ask before they send ids."""
    alphabet = _service(request).alphabet
    return json_response(
        {
            "tokenizer_class": f"penwright {alphabet.unit}",
            "vocab_size": alphabet.vocab_size,
            "eos_token": END_MARK,
            "bos_token": None,
            "pad_token": None,
            "chat_template": None,
        }
    )


async def health(request: Request) -> Response:
    """GET /health: the server lives."""
    return json_response({"status": "ok"})


async def ready(request: Request) -> Response:
    """GET /ready: requests are answered."""
    if not _service(request).engine.is_ready:
        raise ApiError(503, "the author is being loaded. Try again in a moment.", kind="server_error", code="not_ready")
    return json_response({"status": "ready"})


async def metrics(request: Request) -> Response:
    """GET /metrics: what is counted, for Prometheus."""
    service = _service(request)
    if not service.has_metrics:
        raise ApiError(404, "start the server with --metrics to have them.", kind="not_found_error", code="no_metrics")
    return Response(service.engine.metrics.text(), 200, None, "text/plain; version=0.0.4; charset=utf-8")
