"""Who may use what: hosts, origins, a token, a cookie for browsers, and a table of routes that denies by default.

Every route says who may use it when it is made; one that does not cannot be made. What is asked is decided on the
route that was matched, never on a path read a second time.

A web page on any site can make a browser send requests to this computer. So a request is answered only if its Host is
one that this server has (a name that an attacker points at this computer is not), if its Origin, where there is one, is
the server itself, and if it brings the token, or the cookie that a browser was given for it.
"""

import ipaddress
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from penwright.serving.web.errors import ApiError, api_error_of

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
TOKEN_PARAMETER = "token"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

Endpoint = Callable[[Request], Awaitable[Response]]


class Access(Enum):
    """Who may use a route."""

    OPEN = "open"
    """Everybody on an allowed host: nothing is told but that the server lives."""
    TOKEN = "token"
    """Whoever brings the token or the cookie."""
    ENTRY = "entry"
    """The same, and the token may stand in the address: the first visit of a browser."""


class Keys(NamedTuple):
    """The secrets of a server."""

    token: str
    cookie_name: str
    cookie: str
    """Value of the cookie, which is not the token."""


def new_keys(token: str, *, port: int) -> Keys:
    """Return the secrets of a server. Cookies are shared by all ports of a host, hence the port in the name."""
    return Keys(token, f"penwright-{port}", secrets.token_urlsafe(32))


class GuardedRoute(Route):
    """A route that says who may use it. Only these are allowed in the server's table."""

    def __init__(self, path: str, endpoint: Endpoint, *, methods: Sequence[str], access: Access) -> None:
        """Make a route.

        Args:
            path: Path, with parameters in braces as starlette has them.
            endpoint: Function that answers. Errors that it raises become answers.
            methods: Methods, such as GET.
            access: Who may use it.
        """
        self.access = access

        async def guarded(request: Request) -> Response:
            try:
                _authorise(request, access)
                return await endpoint(request)
            except Exception as error:  # nothing that a request does may end the server
                if not isinstance(error, ApiError) and api_error_of(error).code == "internal_error":
                    request.app.state.note_fault(error)
                return api_error_of(error).response

        super().__init__(path, guarded, methods=list(methods))


def signed_in(request: Request, response: Response) -> Response:
    """Return a response that gives the browser its cookie."""
    keys: Keys = request.app.state.keys
    response.set_cookie(keys.cookie_name, keys.cookie, path="/", httponly=True, samesite="strict")
    return response


def _authorise(request: Request, access: Access) -> None:
    """Check the token or the cookie.

    Raises:
        ApiError: If neither is there.
    """
    if access is Access.OPEN:
        return
    keys: Keys = request.app.state.keys
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and _is_same(given.strip(), keys.token):
        return
    if access is Access.ENTRY and _is_same(request.query_params.get(TOKEN_PARAMETER, ""), keys.token):
        return
    if _is_same(request.cookies.get(keys.cookie_name, ""), keys.cookie):
        # A browser names the origin of whatever changes something; without one the cookie alone is not believed.
        if request.method in ("GET", "HEAD") or "origin" in request.headers:
            return
    raise ApiError(
        401,
        "this server answers only those who bring its token. Send the header 'Authorization: Bearer TOKEN', with the "
        "token that was shown when the server started; in most clients it is called the API key.",
        kind="authentication_error",
        code="invalid_api_key",
        headers={"WWW-Authenticate": "Bearer"},
    )


def _is_same(given: str, expected: str) -> bool:
    return secrets.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())


class Doorkeeper:
    """Middleware that looks at Host and Origin, and adds the headers that keep a page to itself."""

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str], allows_addresses: bool) -> None:
        """Stand before an application.

        Args:
            app: The application.
            hosts: Names that this server has, without ports.
            allows_addresses: True to answer under any numeric address too, which no stranger's name can stand for.
        """
        self._app = app
        self._hosts = {host.lower() for host in hosts}
        self._allows_addresses = allows_addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal_of(scope)
        answer = self._app if refusal is None else refusal.response
        await answer(scope, receive, send_with_headers)

    def _refusal_of(self, scope: Scope) -> ApiError | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_ours(hosts[0]):
            shown = hosts[0][:100] if hosts else "none"
            return ApiError(
                421, f"this server does not answer under the name {shown!r}. Use localhost, or start it with the name."
            )
        origins = headers.getlist("origin")
        if origins and (len(origins) > 1 or origins[0].lower() not in _origins_of(hosts[0])):
            return ApiError(403, "this server answers no pages of other sites.", code="foreign_origin")
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and scope["method"] != "GET":
            return ApiError(403, "this server answers no pages of other sites.", code="foreign_origin")
        return None

    def _is_ours(self, host: str) -> bool:
        name, colon, port = host.lower().rpartition(":")
        if not colon or port.endswith("]"):
            name = host.lower()
        elif not (port.isascii() and port.isdigit()):
            return False
        if name in self._hosts:
            return True
        return self._allows_addresses and _is_address(name)


def _origins_of(host: str) -> tuple[str, str]:
    return f"http://{host.lower()}", f"https://{host.lower()}"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
