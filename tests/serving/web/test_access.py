"""Nobody is answered who should not be: without the token, under a stranger's name, from a page of another site."""

import re
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from served import MODEL, TOKEN, Client, running_server

pytest.importorskip("uvicorn", reason="the server's packages are not installed: pip install 'penwright[serve]'")

from starlette.routing import Route

from penwright.serving.stories.folder import StoryFolder
from penwright.serving.web.access import Access, GuardedRoute
from penwright.serving.web.app import api_routes, build_app
from penwright.serving.web.files import file_routes
from penwright.serving.web.page import page_routes
from penwright.serving.web.stories import story_routes

OPEN = {"/health", "/ready"}
STATUS_OF_OPEN = {"/health": 200, "/ready": 200}


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with running_server(has_metrics=True) as found:
        yield found


def test_every_route_says_who_may_use_it_and_denies_without_the_token(tmp_path: Path) -> None:
    routes = [*story_routes(StoryFolder(tmp_path / "stories")), *page_routes()]
    with running_server(routes=routes) as client:
        app = build_app(client.service, routes=routes)
        assert len(app.routes) > 8
        for route in app.routes:
            assert isinstance(route, GuardedRoute), route
            assert (route.access is Access.OPEN) == (route.path in OPEN), route.path
            path = re.sub(r"\{[^}]*\}", "x", route.path)
            for method in route.methods or ():
                for token in (None, "", "wrong", TOKEN + "x", TOKEN[:-1]):
                    status, body = client.ask(method, path, {} if method == "POST" else None, token=token)
                    assert status == STATUS_OF_OPEN.get(path, 401), (method, path)
                    if status == 401 and method != "HEAD":
                        assert body["error"]["type"] == "authentication_error" and TOKEN not in str(body)
    with pytest.raises(TypeError):
        GuardedRoute("/x", lambda request: None, methods=["GET"])  # type: ignore[call-arg,arg-type,return-value]
    assert not any(type(route) is Route for route in app.routes)


def test_the_token_opens_every_route(client: Client) -> None:
    for route in api_routes():
        path = route.path.replace("{name:path}", MODEL)
        for method in route.methods or ():
            status, _ = client.ask(
                method, path, {"prompt": "a", "tokens": [], "max_tokens": 1} if method == "POST" else None
            )
            assert status == (404 if "chat" in path else 200), path


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:99", 200),
        ("127.0.0.1:80", 200),
        ("[::1]:8321", 200),
        ("example.com", 421),
        ("localhost.example.com", 421),
        ("127.0.0.1.example.com", 421),
        ("localhost:80:90", 421),
        ("localhost:x", 421),
        ("localhost/", 421),
        ("@localhost", 421),
        ("0.0.0.0", 421),
        ("192.168.1.7", 421),
        ("", 421),
    ],
)
def test_only_names_of_this_server_are_answered(client: Client, host: str, status: int) -> None:
    assert client.ask("GET", "/health", headers={"Host": host})[0] == status


def test_two_hosts_and_none_are_refused(client: Client) -> None:
    for hosts in ([], ["localhost", "localhost"]):
        connection = HTTPConnection("127.0.0.1", client.port, timeout=10)
        connection.putrequest("GET", "/health", skip_host=True)
        for host in hosts:
            connection.putheader("Host", host)
        connection.endheaders()
        assert connection.getresponse().status in (400, 421)
        connection.close()


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:1", "https://127.0.0.1", "file://"]
)
def test_pages_of_other_sites_are_refused(client: Client, origin: str) -> None:
    for method, path in (("POST", "/v1/completions"), ("GET", "/v1/models"), ("GET", "/health")):
        status, body = client.ask(method, path, {} if method == "POST" else None, headers={"Origin": origin})
        assert status == 403 and body["error"]["code"] == "foreign_origin"


def test_a_browser_is_let_in_once_by_the_address_and_then_by_its_cookie(client: Client) -> None:
    own = {"Host": f"127.0.0.1:{client.port}", "Origin": f"http://127.0.0.1:{client.port}"}
    connection, response = client.open("GET", f"/?token={TOKEN}", token=None)
    assert response.status == 303 and response.getheader("Location") == "/"
    cookie = response.getheader("Set-Cookie", "")
    connection.close()
    assert "HttpOnly" in cookie and "samesite=strict" in cookie.lower() and TOKEN not in cookie
    cookie = cookie.partition(";")[0]
    assert client.ask("GET", "/", token=None, headers={"Cookie": cookie})[0] == 200
    asked = {"prompt": "a", "max_tokens": 1}
    status, _ = client.ask("POST", "/v1/completions", asked, token=None, headers={"Cookie": cookie, **own})
    assert status == 200
    status, _ = client.ask("POST", "/v1/completions", asked, token=None, headers={"Cookie": cookie})
    assert status == 401, "a cookie without an origin is not believed"
    assert client.ask("GET", "/v1/models", token=None, headers={"Cookie": f"{cookie}x"})[0] == 401
    assert client.ask("GET", f"/v1/models?token={TOKEN}", token=None)[0] == 401, "the address is for the first visit"


def test_a_page_is_kept_to_itself(client: Client) -> None:
    connection, response = client.open("GET", "/")
    assert "default-src 'self'" in response.getheader("Content-Security-Policy", "")
    assert "frame-ancestors 'none'" in response.getheader("Content-Security-Policy", "")
    assert response.getheader("X-Content-Type-Options") == "nosniff"
    assert response.getheader("Referrer-Policy") == "no-referrer"
    assert response.getheader("Server") is None or "uvicorn" in response.getheader("Server", "")
    connection.close()


def test_what_is_not_there_is_not_found_in_the_same_words(client: Client) -> None:
    for method, path in (
        ("GET", "/nowhere"),
        ("GET", "/v1/completions"),
        ("DELETE", "/v1/models"),
        ("GET", "/health/"),
    ):
        status, body = client.ask(method, path)
        assert status in (404, 405) and set(body["error"]) == {"message", "type", "param", "code"}


def test_an_author_does_not_chat_and_says_so(client: Client) -> None:
    status, body = client.ask("POST", "/v1/chat/completions", {"messages": []})
    assert status == 404 and "/v1/completions" in body["error"]["message"]


def test_models_and_the_alphabet_are_told(client: Client) -> None:
    status, body = client.ask("GET", "/v1/models")
    assert [each["id"] for each in body["data"]] == [MODEL] and body["object"] == "list"
    assert client.ask("GET", f"/v1/models/{MODEL}") == (200, body["data"][0])
    assert client.ask("GET", "/v1/models/a/b")[0] == 404
    status, body = client.ask("POST", "/tokenize", {"prompt": "The 灯\n", "add_special_tokens": False})
    assert status == 200 and len(body["tokens"]) == body["count"] == 11
    assert client.ask("POST", "/detokenize", {"tokens": body["tokens"]}) == (200, {"prompt": "The 灯\n"})
    for wrong in ({}, {"prompt": 1}, {"prompt": None}):
        assert client.ask("POST", "/tokenize", wrong)[0] == 400
    for tokens in (None, [-1], [1.0], [True], [99_999], "a", {}):
        assert client.ask("POST", "/detokenize", {"tokens": tokens})[0] == 400
    status, body = client.ask("GET", "/tokenizer_info")
    assert body["eos_token"] == "\n"


def test_numbers_are_told_where_they_were_asked_for(client: Client) -> None:
    client.complete(prompt="The", max_tokens=5)
    status, text = client.ask("GET", "/metrics")
    samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert samples["penwright_requests_running"] == samples["penwright_requests_waiting"] == "0"
    assert int(samples["penwright_symbols_written_total"]) >= 5
    assert (
        samples['penwright_time_to_first_symbol_seconds_bucket{le="+Inf"}']
        == samples["penwright_time_to_first_symbol_seconds_count"]
    )
    client.service.has_metrics = False
    assert client.ask("GET", "/metrics")[0] == 404
    client.service.has_metrics = True


def test_files_are_served_by_name_alone(client: Client) -> None:
    routes = file_routes({"/app/main.js": (b"1", "text/javascript")})
    assert [route.path for route in routes] == ["/app/main.js"] and routes[0].access is Access.TOKEN
    for path in ("/../pyproject.toml", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/..%5cwindows"):
        assert client.ask("GET", path)[0] == 404


def test_more_routes_and_a_page_can_be_added(client: Client) -> None:
    """As they are by whoever builds a page: each says who may use it, and finds the author."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, Response

    async def name(request: Request) -> Response:
        return PlainTextResponse(request.app.state.service.model_name)

    added = GuardedRoute("/api/name", name, methods=["GET"], access=Access.TOKEN)
    app: Starlette = build_app(client.service, routes=[added, *file_routes({"/a.js": (b"1", "text/javascript")})])
    assert added in app.routes and {"/a.js", "/v1/completions", "/"} <= {route.path for route in app.routes}  # type: ignore[attr-defined]
    assert all(isinstance(route, GuardedRoute) for route in app.routes)


def test_a_fault_of_the_server_is_answered_and_not_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from penwright.serving.web import author

    def fail(*_: Any) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(author, "_model", fail)
    noted: list[Exception] = []
    monkeypatch.setattr(type(client.service), "note_fault", lambda self, error: noted.append(error))
    with running_server() as other:
        status, body = other.ask("GET", "/v1/models")
    assert status == 500 and "secret" not in str(body) and len(noted) == 1
