"""A server of books on this machine, and a client that never waits."""

from collections.abc import Iterator

import pytest
from book_server import BookServer, serving

from penwright.corpus.fetching.web import Web


@pytest.fixture
def server() -> Iterator[BookServer]:
    with serving() as running:
        yield running


@pytest.fixture
def slept() -> list[float]:
    """How long the client would have waited, each time."""
    return []


@pytest.fixture
def web(slept: list[float]) -> Web:
    return Web(pause_seconds=2.0, sleep=slept.append, clock=lambda: 0.0)
