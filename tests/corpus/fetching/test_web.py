"""Requests: pauses, names, redirects, refusals, and servers that ask to wait."""

import pytest
from book_server import MODIFIED, BookServer, Served

from penwright.corpus.fetching import addresses
from penwright.corpus.fetching.addresses import check_address, check_redirect
from penwright.corpus.fetching.web import MAX_ATTEMPTS, Validators, Web
from penwright.errors import FetchError


def body(web: Web, url: str) -> bytes:
    with web.get(url) as reply:
        return reply.read(1 << 20)


def test_the_client_says_who_it_is_and_pauses_between_requests(
    server: BookServer, web: Web, slept: list[float]
) -> None:
    server.files["/a"] = Served(b"a book")
    assert [body(web, f"{server.url}/a") for _ in range(3)] == [b"a book"] * 3
    assert slept == [2.0, 2.0]
    assert all(headers["user-agent"].startswith("penwright/") for _, headers in server.requests)


def test_a_redirect_is_followed_and_told(server: BookServer, web: Web) -> None:
    server.files |= {"/old": Served(b"", faults=["redirect /new"]), "/new": Served(b"moved")}
    with web.get(f"{server.url}/old") as reply:
        assert (reply.url, reply.read(99)) == (f"{server.url}/new", b"moved")


def test_redirects_in_a_circle_end(server: BookServer, web: Web) -> None:
    server.files["/a"] = Served(b"", faults=["redirect /a"] * 99)
    with pytest.raises(FetchError, match="redirected more than 5 times"):
        body(web, f"{server.url}/a")


@pytest.mark.parametrize(
    "target", ["ftp://example.org/a", "file:///etc/passwd", "http://h:99999/", "http://user:x@host/a"]
)
def test_a_redirect_elsewhere_is_not_followed(target: str, server: BookServer, web: Web) -> None:
    server.files["/a"] = Served(b"", faults=[f"redirect {target}"])
    with pytest.raises(FetchError, match="redirects to .*not followed"):
        body(web, f"{server.url}/a")
    assert server.asked == ["/a"]


@pytest.mark.parametrize(
    ("origin", "target", "why"),
    [
        ("https://8.8.8.8/a", "https://127.0.0.1/a", "a machine of this network"),
        ("https://8.8.8.8/a", "https://10.1.2.3/a", "a machine of this network"),
        ("https://8.8.8.8/a", "https://[::1]:80/a", "a machine of this network"),
        ("https://8.8.8.8/a", "https://169.254.169.254/latest", "a machine of this network"),
        ("https://8.8.8.8/a", "http://8.8.4.4/a", "without encryption"),
    ],
)
def test_a_public_server_does_not_lead_into_this_network(origin: str, target: str, why: str) -> None:
    with pytest.raises(FetchError, match=why):
        check_redirect(origin, target)
    check_redirect("https://8.8.8.8/a", "https://8.8.4.4/a")


def test_names_are_resolved_before_a_redirect_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda host, port: [(0, 0, 0, "", ("192.168.0.1", 0))])
    with pytest.raises(FetchError, match="a machine of this network"):
        check_redirect("https://8.8.8.8/a", "https://inside.example/a")


@pytest.mark.parametrize("status", [401, 403, 451])
def test_a_refusal_ends_it_at_once(status: int, server: BookServer, web: Web) -> None:
    server.files["/a"] = Served(b"a book", faults=[str(status)])
    with pytest.raises(FetchError, match=f"refuses this request \\(status {status}\\)"):
        body(web, f"{server.url}/a")
    assert len(server.requests) == 1


def test_a_server_that_asks_for_a_wait_gets_it(server: BookServer, web: Web, slept: list[float]) -> None:
    server.files["/a"] = Served(b"a book", faults=["429 7", "503 11"])
    assert body(web, f"{server.url}/a") == b"a book"
    assert slept == [7.0, 2.0, 11.0, 2.0]


@pytest.mark.parametrize(
    ("fault", "when"), [("429 7200", "in 120 minutes"), ("429", "later"), ("429 Sun, 29 Nov 2099 00:00:00 GMT", "in ")]
)
def test_a_long_wait_is_left_to_the_user(fault: str, when: str, server: BookServer, web: Web) -> None:
    server.files["/a"] = Served(b"a book", faults=[fault])
    with pytest.raises(FetchError, match=f"asks for fewer requests .*again {when}"):
        body(web, f"{server.url}/a")
    assert len(server.requests) == 1


def test_a_server_that_always_asks_for_a_wait_is_left_alone(server: BookServer, web: Web) -> None:
    server.files["/a"] = Served(b"a book", faults=["429 1"] * 99)
    with pytest.raises(FetchError, match="fewer requests"):
        body(web, f"{server.url}/a")
    assert len(server.requests) == 4


def test_a_failing_server_is_asked_again_a_few_times(server: BookServer, web: Web, slept: list[float]) -> None:
    server.files["/a"] = Served(b"a book", faults=["500", "502"])
    assert body(web, f"{server.url}/a") == b"a book"
    assert slept == [4.0, 2.0, 8.0, 2.0]
    server.files["/a"].faults = ["500"] * 99
    with pytest.raises(FetchError, match="status 500"):
        body(web, f"{server.url}/a")
    assert len(server.requests) == 3 + MAX_ATTEMPTS


def test_a_file_that_has_not_changed_is_not_sent(server: BookServer, web: Web) -> None:
    server.files["/a"] = Served(b"a book")
    for known in (Validators('"one"', MODIFIED), Validators("", MODIFIED), Validators('"one"')):
        with web.get(f"{server.url}/a", unless=known) as reply:
            assert reply.status == 304
    with web.get(f"{server.url}/a", unless=Validators('"other"')) as reply:
        assert reply.status == 200


def test_without_a_network_it_is_one_sentence(web: Web) -> None:
    with pytest.raises(FetchError, match=r"^nowhere.invalid is not found. Is this machine online\?"):
        body(web, "http://nowhere.invalid/a")


def test_without_a_server_it_is_one_sentence(server: BookServer, web: Web) -> None:
    port = server.server_address[1]
    server.server_close()
    with pytest.raises(FetchError, match=f"^there is no connection to 127.0.0.1:{port} "):
        body(web, f"http://127.0.0.1:{port}/a")


@pytest.mark.parametrize("url", ["", "books", "ftp://a/b", "http://", "http://a b/", "http://h:99999/", "http://é/"])
def test_an_address_that_is_none_is_told(url: str) -> None:
    with pytest.raises(FetchError, match="is no address to fetch from"):
        check_address(url)
