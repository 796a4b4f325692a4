"""Requests of tests, what each must be answered with, and a server on a real socket."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from itertools import islice
from threading import Thread
from typing import Any

import torch
from engines import compiled_engine, loud_model, random_from

from penwright.alphabet.auto import learn_subwords
from penwright.alphabet.characters import Alphabet
from penwright.author.author import Author
from penwright.author.card import Card, CardLabel
from penwright.serving.engine.request import TextRequest
from penwright.serving.engine.thread import EngineThread
from penwright.writing.beginning import PARAGRAPH_BREAK, begin, opens_paragraph
from penwright.writing.engines.compiled import CompiledEngine
from penwright.writing.generation import iter_ids, open_pen, read_on, read_text
from penwright.writing.pen import ReadingGuide
from penwright.writing.sampling import Draws
from penwright.writing.stopping import until_end

PROSE = 'The lamp went "out" at nine. Mr. Vane (the keeper) said: "who is there?" The lamps didn\'t say.\n\n'
LEARNT = Alphabet.learn(dict.fromkeys(PROSE, 1))
ALPHABETS = {"characters": LEARNT, "bpe": learn_subwords(LEARNT, [PROSE * 3], unit="bpe", num_symbols=100)}
ENGINES = {unit: compiled_engine(loud_model(alphabet), alphabet) for unit, alphabet in ALPHABETS.items()}
TOKEN = "a-token-of-the-tests"
MODEL = "the-lamp"
LABELS = ("Jane Austen", "A. C. Doyle", "Doe, John")


def labelled_author() -> Author:
    """An untrained author whose labels matter."""
    model = loud_model(LEARNT, num_labels=len(LABELS))
    with torch.no_grad():
        model.label_embedding.normal_(0.0, 20.0, generator=random_from(3))
    return Author(model, LEARNT, Card(labels=tuple(CardLabel(name, 7) for name in LABELS)))


def expected_text(request: TextRequest, index: int, *, unit: str = "characters") -> str:
    """What the loop that writes one text alone writes for a request."""
    engine, alphabet = ENGINES[unit], ALPHABETS[unit]
    prompt, after, guides = request.prompt, None, request.guides()
    if not isinstance(prompt, str):
        import numpy as np

        for guide in guides:  # the loop below is given the state after the ids, not their text
            if isinstance(guide, ReadingGuide):
                guide.read(alphabet.decode(prompt))
        ids = [np.array([prompt])] if prompt else []
        opening = list(iter_ids(alphabet, "", is_new=True))
        is_new = not prompt or prompt[0] != alphabet.boundary_id
        read = list(read_on(engine, [*(opening if is_new else []), *ids], after=None))
        prompt, after = "", read[-1] if ids else None
    is_opening = after is None and opens_paragraph(alphabet, prompt)
    draws = Draws(request.seed, index)
    pen, begun = open_pen(engine, alphabet, prompt, sampling=request.sampling, draws=draws, after=after, guides=guides)
    first = [begun] if begun else []
    if is_opening:
        opened = begin(
            engine,
            alphabet,
            read_text(engine, alphabet, PARAGRAPH_BREAK),
            is_opening=True,
            sampling=request.sampling,
            draws=draws,
        )
        assert opened.text == begun
        first = [alphabet.texts[symbol] for symbol in opened.symbols]

    def strings() -> Iterator[str]:
        yield from first
        while True:
            yield pen.write()

    return "".join(until_end(islice(strings(), request.max_symbols), ending=request.ending))


@contextmanager
def running_server(
    *, unit: str = "characters", author: Author | None = None, label: str | None = None, **options: Any
) -> Iterator["Client"]:
    """A server on a free port, with a client that has its token. Without an author, it has that of a unit."""
    import uvicorn

    from penwright.serving.server import bind
    from penwright.serving.web.access import new_keys
    from penwright.serving.web.app import build_app
    from penwright.serving.web.labels import Labels
    from penwright.serving.web.service import Service

    routes, index = options.pop("routes", ()), options.pop("index", b"<p>")
    limits = {"max_rows": 8, "max_waiting": 8, "max_waiting_chars": 1_000_000}
    limits |= {name: options.pop(name) for name in list(options) if name in limits}
    written, alphabet = ENGINES[unit] if author is None else author.engine, ALPHABETS[unit]
    assert isinstance(written, CompiledEngine)
    engine = EngineThread(written, alphabet, num_threads=1, **limits)
    listening = bind("127.0.0.1", 0)
    port = listening.getsockname()[1]
    service = Service(
        engine=engine,
        alphabet=alphabet,
        model_name=MODEL,
        keys=new_keys(TOKEN, port=port),
        labels=Labels(author, default=label),
        **options,
    )
    app = build_app(service, routes=routes, index=index)
    config = uvicorn.Config(app, log_config=None, ws="none", http="h11", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield Client(port, service)
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listening.close()
        assert not thread.is_alive()


class Client:
    """A client of a server, without any library between."""

    def __init__(self, port: int, service: Any) -> None:
        self.port, self.service = port, service

    def open(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = TOKEN,
        headers: dict[str, str] | None = None,
    ) -> tuple[HTTPConnection, HTTPResponse]:
        """Send a request and return the connection and the answer, whose body is not read."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = {} if token is None else {"Authorization": f"Bearer {token}"}
        if body is not None:
            sent["Content-Type"] = "application/json"
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, path, body, {**sent, **(headers or {})})
        return connection, connection.getresponse()

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        """Return the status and the body of an answer."""
        connection, response = self.open(method, path, body, **options)
        data = response.read()
        connection.close()
        is_json = data and response.getheader("Content-Type") == "application/json"
        return response.status, json.loads(data) if is_json else data.decode()

    def complete(self, **fields: Any) -> dict[str, Any]:
        """Return the answer to a completion request that succeeds."""
        status, body = self.ask("POST", "/v1/completions", fields)
        assert status == 200, body
        found: dict[str, Any] = body
        return found

    def refused(self, **fields: Any) -> tuple[int, dict[str, Any]]:
        """Return the status and the error of a completion request that fails."""
        status, body = self.ask("POST", "/v1/completions", fields)
        assert status >= 400, body
        assert set(body) == {"error"}
        assert set(body["error"]) == {"message", "type", "param", "code"}
        return status, body["error"]

    def stream(self, **fields: Any) -> list[dict[str, Any]]:
        """Return the events of a stream that ends as it should."""
        connection, response = self.open("POST", "/v1/completions", {**fields, "stream": True})
        assert response.status == 200
        assert response.getheader("Content-Type", "").startswith("text/event-stream")
        events = response.read().decode("ascii").split("\n\n")
        connection.close()
        assert events[-2:] == ["data: [DONE]", ""]
        return [json.loads(event.removeprefix("data: ")) for event in events[:-2] if event != ": ping"]
