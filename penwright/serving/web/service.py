"""What every route of a server knows: the author, its engine, and the secrets."""

import logging
import time
from dataclasses import dataclass, field

from penwright.alphabet.characters import Alphabet
from penwright.serving.engine.thread import EngineThread
from penwright.serving.web.access import Keys
from penwright.serving.web.labels import Labels

LOG = logging.getLogger("penwright.serving")


@dataclass(kw_only=True)
class Service:
    """An author that is served."""

    engine: EngineThread
    alphabet: Alphabet
    model_name: str
    """Name under which clients ask for the author."""
    keys: Keys
    labels: Labels = field(default_factory=Labels)
    has_metrics: bool = False
    """True to answer at /metrics."""
    request_seconds: float = 600.0
    """Longest time that a text may take. Then it ends as if it were long enough."""
    started: int = field(default_factory=lambda: int(time.time()))
    """Time of the start, in seconds since 1970."""

    def note_fault(self, error: Exception) -> None:
        """Log a fault of the server's own."""
        LOG.error("a request failed", exc_info=error)
