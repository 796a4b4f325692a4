"""Clients that leave, over a real socket: their texts end, others' go on, and nothing stays behind."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from served import ENGINES, LEARNT, TOKEN, Client, expected_text, running_server

from penwright.serving.engine.request import TextRequest
from penwright.writing.options import SamplingConfig

pytest.importorskip("uvicorn", reason="the server's packages are not installed: pip install 'penwright[serve]'")

LONG = {"prompt": "The lamp", "max_tokens": 100_000, "seed": 1}


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with running_server(max_rows=4, max_waiting=2) as found:
        yield found


def until(is_so: Callable[[], bool], *, seconds: float = 10.0) -> float:
    """Wait until something is so, and return how long it took."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds
        time.sleep(0.002)
    return time.monotonic() - began


def raw(client: Client, fields: dict[str, object]) -> socket.socket:
    """Send a request on a socket of its own."""
    body = json.dumps(fields).encode()
    head = (
        f"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    sent = socket.create_connection(("127.0.0.1", client.port), timeout=20)
    sent.sendall(head.encode() + body)
    return sent


@pytest.mark.parametrize("is_streamed", [True, False])
def test_a_client_that_leaves_ends_its_text(client: Client, is_streamed: bool) -> None:
    metrics = client.service.engine.metrics
    sent = raw(client, {**LONG, "stream": is_streamed})
    until(lambda: metrics.num_running == 1)
    if is_streamed:
        assert sent.recv(1_000)
    sent.close()
    until(lambda: metrics.num_running == 0)


def test_a_client_that_leaves_the_queue_leaves_it(client: Client) -> None:
    metrics = client.service.engine.metrics
    writing = raw(client, {**LONG, "n": 4, "stream": True})
    until(lambda: metrics.num_running == 4)
    waiting = raw(client, {**LONG, "n": 2})
    until(lambda: metrics.num_waiting == 2)
    status, error = client.refused(prompt="The", max_tokens=1)
    assert status == 429 and error["code"] == "queue_full"
    connection, response = client.open("POST", "/v1/completions", {"prompt": "The"})
    assert 1 <= int(response.getheader("Retry-After", "0")) <= 60
    connection.close()
    waiting.close()
    until(lambda: metrics.num_waiting == 0)
    writing.close()
    until(lambda: metrics.num_running == 0)
    client.complete(prompt="The", max_tokens=1)


def test_a_client_that_leaves_while_its_prompt_is_read_is_left(client: Client) -> None:
    metrics = client.service.engine.metrics
    before = metrics.num_read
    sent = raw(client, {"prompt": "The lamp. " * 90_000, "max_tokens": 1})
    until(lambda: metrics.num_running == 1)
    sent.close()
    until(lambda: metrics.num_running == 0)
    assert metrics.num_read == before


def test_a_client_that_leaves_while_it_sends_is_no_fault_of_the_server() -> None:
    """Each used to be logged as one, with a traceback."""
    from starlette.requests import Request

    from penwright.serving.web.connection import GONE_STATUS, read_json
    from penwright.serving.web.errors import ApiError

    sent = iter([{"type": "http.request", "body": b'{"pro', "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(sent)

    request = Request({"type": "http", "headers": [(b"content-type", b"application/json")]}, receive)
    with pytest.raises(ApiError) as found:
        asyncio.run(read_json(request))
    assert found.value.status == GONE_STATUS


def test_a_request_that_comes_while_the_engine_stops_is_told_so() -> None:
    """It was put into the box of a thread that had ended, and was never answered."""
    from penwright.serving.engine.request import StoppingError
    from penwright.serving.engine.rows import Job
    from penwright.serving.engine.thread import EngineThread

    engine = EngineThread(ENGINES["characters"], LEARNT, max_rows=2, max_waiting=2, max_waiting_chars=1_000)
    engine.start()

    class StopsAtExit:
        def __enter__(self) -> None:
            pass

        def __exit__(self, *_: object) -> None:
            engine.stop()

    engine._lock = StopsAtExit()  # type: ignore[assignment]
    with pytest.raises(StoppingError):
        engine.submit([Job(TextRequest(prompt="The", max_symbols=3, sampling=SamplingConfig(), seed=1))])


def test_a_slow_reader_pauses_its_own_text_alone(client: Client) -> None:
    """It reads nothing at first; another is answered meanwhile; then it gets everything, in order."""
    metrics = client.service.engine.metrics
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    slow.connect(("127.0.0.1", client.port))
    fields = {**LONG, "max_tokens": 60_000, "stream": True, "logprobs": 2, "prompt": "Mr."}
    body = json.dumps(fields).encode()
    slow.sendall(
        f"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    until(lambda: metrics.num_running == 1)
    written = [-1, 0]
    while written[0] != written[1]:
        time.sleep(0.4)
        written = [written[1], metrics.num_written]
    assert metrics.num_running == 1 and written[1] < 60_000 + metrics.num_read
    assert len(client.complete(prompt="The", max_tokens=30)["choices"]) == 1
    slow.settimeout(30)
    data = bytearray()
    while part := slow.recv(1 << 16):
        data += part
    slow.close()
    events = [
        json.loads(line.removeprefix(b"data: "))
        for line in bytes(data).replace(b"\r\n", b"\n").split(b"\n")
        if line.startswith(b"data: {")
    ]
    text = "".join(event["choices"][0]["text"] for event in events)
    request = TextRequest(prompt="Mr.", max_symbols=60_000, seed=1, sampling=SamplingConfig())
    assert text == expected_text(request, 0)
    until(lambda: metrics.num_running == 0)


@pytest.mark.slow
def test_a_crowd_that_comes_and_goes_at_random_loses_and_mixes_nothing() -> None:
    """Some leave after a random time; those that stay get their own text; nothing is running afterwards."""
    import random

    with running_server(max_rows=16, max_waiting=200) as client:
        metrics = client.service.engine.metrics
        draw = random.Random(1)
        wrong: list[str] = []

        def come(number: int, stays: bool, seconds: float) -> None:
            fields = {"prompt": "The lamp", "max_tokens": 300, "seed": number, "stream": True}
            if not stays:
                sent = raw(client, {**fields, "max_tokens": 20_000})
                time.sleep(seconds)
                sent.close()
                return
            text = "".join(event["choices"][0]["text"] for event in client.stream(**fields))
            request = TextRequest(prompt="The lamp", max_symbols=300, seed=number, sampling=SamplingConfig())
            if text != expected_text(request, 0):
                wrong.append(text)

        threads = [
            threading.Thread(target=come, args=(number, draw.random() < 0.5, draw.random())) for number in range(80)
        ]
        for thread in threads:
            thread.start()
            time.sleep(0.01)
        for thread in threads:
            thread.join()
        assert not wrong
        until(lambda: metrics.num_running == metrics.num_waiting == 0)


def test_whoever_waits_in_a_stream_is_sent_a_sign_of_life(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from penwright.serving.web import completions, following

    monkeypatch.setattr(following, "PING_SECONDS", 0.05)
    monkeypatch.setattr(completions, "FIRST_SECONDS", 0.1)
    metrics = client.service.engine.metrics
    writing = raw(client, {**LONG, "n": 4, "stream": True})
    until(lambda: metrics.num_running == 4)
    waiting = raw(client, {**LONG, "max_tokens": 5, "stream": True})
    data = b""
    while data.count(b": ping\n\n") < 3:
        data += waiting.recv(1_000)
    assert data.startswith(b"HTTP/1.1 200")
    writing.close()
    while b"[DONE]" not in data:
        data += waiting.recv(1_000)
    waiting.close()
    until(lambda: metrics.num_running == 0)


def test_a_fault_after_the_first_byte_is_an_event_and_the_server_goes_on(client: Client) -> None:
    def fail() -> None:
        raise ZeroDivisionError("a secret")

    sent = raw(client, {**LONG, "stream": True})
    data = b""
    while data.count(b"data: ") < 2:
        data += sent.recv(1_000)
    client.service.engine._inbox.put(fail)
    while part := sent.recv(1 << 16):
        data += part
        if b"0\r\n\r\n" in data:
            break
    sent.close()
    assert b'data: {"error":{' in data and b"[DONE]" not in data and b"secret" not in data
    assert client.service.engine.metrics.num_recoveries == 1
    assert client.complete(prompt="The", max_tokens=3)["choices"][0]["finish_reason"] == "length"


def test_what_fails_at_once_is_no_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    from penwright.serving.engine import scheduler

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(scheduler, "begin", fail)
    with running_server() as client:
        monkeypatch.setattr(type(client.service), "note_fault", lambda self, error: None)
        for is_streamed in (False, True):
            status, error = client.refused(prompt="The", stream=is_streamed)
            assert status == 500 and error["code"] == "internal_error"


def test_stopping_the_server_ends_open_streams() -> None:
    with running_server() as client:
        sent = raw(client, {**LONG, "stream": True})
        until(lambda: client.service.engine.metrics.num_running == 1)
    data = b""
    sent.settimeout(10)
    while part := sent.recv(1 << 16):
        data = (data + part)[-2_000:]
    assert b"[DONE]" not in data
    assert client.service.engine.metrics.num_running == 0
    sent.close()
