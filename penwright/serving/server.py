"""An author served on an address of this computer until it is told to stop."""

import socket
import sys
from collections.abc import Callable, Iterable, Sequence
from types import FrameType

import uvicorn

from penwright.alphabet.characters import Alphabet
from penwright.errors import PenwrightError
from penwright.serving.engine.thread import EngineThread
from penwright.serving.web.access import LOOPBACK, GuardedRoute, new_keys
from penwright.serving.web.app import INDEX, build_app
from penwright.serving.web.labels import Labels
from penwright.serving.web.service import Service
from penwright.writing.engines.base import Engine
from penwright.writing.engines.compiled import CompiledEngine

GRACE_SECONDS = 3
"""Time for open answers when the server is stopped."""
MAX_CONNECTIONS = 2_048
MAX_WAITING_CHARS = 16_000_000
SWITCH_SECONDS = 0.001
"""Time after which a Python thread that waits is let in: the engine's thread must not hold answers up for longer."""


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Args:
        host: Address or name of this computer.
        port: Port, 0 for any that is free.

    Raises:
        PenwrightError: If the address is taken or not of this computer.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(1_024)
    except OSError as error:
        listening.close()
        raise PenwrightError(
            f"cannot listen on {host}, port {port}: {error.strerror or error}. Give another with --port or --host."
        ) from error
    return listening


def serve(
    listening: socket.socket,
    engine: Engine,
    alphabet: Alphabet,
    *,
    model_name: str,
    token: str,
    hosts: Iterable[str] = (),
    allows_addresses: bool = False,
    max_rows: int = 256,
    max_waiting: int = 256,
    num_threads: int | None = None,
    labels: Labels | None = None,
    has_metrics: bool = False,
    routes: Sequence[GuardedRoute] = (),
    index: bytes = INDEX,
    tell: Callable[[int], None] = lambda port: None,
) -> None:
    """Serve an author until the process is told to stop.

    Args:
        listening: Result of `bind`.
        engine: Engine of the author.
        alphabet: Alphabet of its model.
        model_name: Name under which clients ask for it.
        token: Secret that every client has to bring.
        hosts: Names that this server has beside those of the loopback.
        allows_addresses: True to answer under any numeric address.
        max_rows: Largest number of texts side by side.
        max_waiting: Largest number of texts that wait for their turn.
        num_threads: Number of threads that write, None for as many as this process may use.
        labels: Labels that the author knows, None for an author without.
        has_metrics: True to answer at /metrics.
        routes: More routes, see `build_app`.
        index: Page at /, as HTML.
        tell: Called with the port when the server is about to answer.

    Raises:
        PenwrightError: If the author has no compiled engine.
    """
    if not isinstance(engine, CompiledEngine):
        raise PenwrightError(
            "an author is served by its compiled engine, which needs numba. Install it: pip install numba"
        )
    port = listening.getsockname()[1]
    service = Service(
        engine=EngineThread(
            engine,
            alphabet,
            max_rows=max_rows,
            max_waiting=max_waiting,
            max_waiting_chars=MAX_WAITING_CHARS,
            num_threads=num_threads,
        ),
        alphabet=alphabet,
        model_name=model_name,
        keys=new_keys(token, port=port),
        labels=Labels() if labels is None else labels,
        has_metrics=has_metrics,
    )
    app = build_app(service, routes=routes, index=index, hosts={*LOOPBACK, *hosts}, allows_addresses=allows_addresses)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        http="h11",
        loop="asyncio",
        lifespan="on",
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    sys.setswitchinterval(SWITCH_SECONDS)
    tell(port)
    _Server(config, service.engine).run(sockets=[listening])


class _Server(uvicorn.Server):
    """A server whose open streams end at once when it is told to stop."""

    def __init__(self, config: uvicorn.Config, engine: EngineThread) -> None:
        super().__init__(config)
        self._engine = engine

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End the texts first: a stream that goes on would be waited for."""
        self._engine.end()
        super().handle_exit(sig, frame)
