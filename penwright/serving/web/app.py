"""The application: the table of routes, and what stands before it.

Whoever adds routes, such as a page, makes them as `GuardedRoute`, each with its access, and hands them to `build_app`.
An endpoint finds the author at `request.app.state.service`.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from penwright.serving.web.access import LOOPBACK, TOKEN_PARAMETER, Access, Doorkeeper, GuardedRoute, signed_in
from penwright.serving.web.author import (
    chat,
    detokenize,
    health,
    metrics,
    model,
    models,
    ready,
    tokenize,
    tokenizer_info,
)
from penwright.serving.web.completions import complete
from penwright.serving.web.errors import ApiError
from penwright.serving.web.openapi import PATH, openapi
from penwright.serving.web.service import Service

INDEX = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Penwright</title>
<h1>Penwright</h1>
<p>The server is running. It answers the completions API at <code>/v1/completions</code>.</p>
</html>
"""
"""Page at / where there is no better one."""


def build_app(
    service: Service,
    *,
    routes: Sequence[GuardedRoute] = (),
    index: bytes = INDEX,
    hosts: Iterable[str] = LOOPBACK,
    allows_addresses: bool = False,
) -> Starlette:
    """Return the application of a server. The engine starts and stops with it.

    Args:
        service: The author that is served.
        routes: More routes, such as those of a page. They are looked at last, since they are asked for least.
        index: Page at /, as HTML.
        hosts: Names that the server has, without ports.
        allows_addresses: True to answer under any numeric address too.
    """

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        service.engine.start()
        try:
            yield
        finally:
            service.engine.stop()

    async def entry(request: Request) -> Response:
        """GET /: the page. A first visit with the token gives the browser its cookie and takes the token away."""
        if TOKEN_PARAMETER in request.query_params:
            return signed_in(request, RedirectResponse("/", 303))
        return Response(index, 200, None, "text/html; charset=utf-8")

    app = Starlette(
        routes=[*api_routes(), *routes, GuardedRoute("/", entry, methods=["GET"], access=Access.ENTRY)],
        middleware=[Middleware(Doorkeeper, hosts=hosts, allows_addresses=allows_addresses)],
        exception_handlers={HTTPException: _no_such_thing},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.service, app.state.keys, app.state.note_fault = service, service.keys, service.note_fault
    return app


def api_routes() -> list[GuardedRoute]:
    """Return the routes of the API."""
    table = [
        ("/v1/completions", complete, "POST", Access.TOKEN),
        ("/v1/chat/completions", chat, "POST", Access.TOKEN),
        ("/v1/models", models, "GET", Access.TOKEN),
        ("/v1/models/{name:path}", model, "GET", Access.TOKEN),
        ("/tokenize", tokenize, "POST", Access.TOKEN),
        ("/detokenize", detokenize, "POST", Access.TOKEN),
        ("/tokenizer_info", tokenizer_info, "GET", Access.TOKEN),
        ("/metrics", metrics, "GET", Access.TOKEN),
        (PATH, openapi, "GET", Access.TOKEN),
        ("/health", health, "GET", Access.OPEN),
        ("/ready", ready, "GET", Access.OPEN),
    ]
    return [GuardedRoute(path, endpoint, methods=[method], access=access) for path, endpoint, method, access in table]


async def _no_such_thing(_: Request, error: Exception) -> Response:
    """Answer where no route does."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    headers = error.headers if isinstance(error, HTTPException) else None
    message = "there is nothing at this address." if status == 404 else "this address does not take this method."
    return ApiError(status, message, kind="not_found_error", headers=headers).response
