"""Tokens on their way from the engine's thread to a coroutine, in portions.

A reader that keeps up is not woken for every character: after a portion it sleeps for a while, and takes what came.
So a stream costs some twenty events a second, however fast the author writes, and the first character comes at once.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from penwright.serving.engine.request import Token
from penwright.serving.engine.rows import Job, Row
from penwright.serving.engine.thread import EngineThread

SECONDS_BETWEEN = 0.05
PING_SECONDS = 15.0


class Bell:
    """Wakes a coroutine from the engine's thread. Make it where the coroutine runs."""

    def __init__(self) -> None:
        self.is_waiting = False
        """True if the next token is to be told of; the end of a text always is."""
        self._loop, self._event = asyncio.get_running_loop(), asyncio.Event()

    def ring(self) -> None:
        """Wake the coroutine. Called by any thread."""
        self.is_waiting = False
        try:
            self._loop.call_soon_threadsafe(self._event.set)
        except RuntimeError:  # the server has ended
            pass

    def clear(self) -> None:
        """Forget that it rang."""
        self._event.clear()

    async def heard(self, seconds: float) -> bool:
        """Wait until it rings, and return False if it does not within a time."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        return True


class Portion(NamedTuple):
    """What is new of one text."""

    row: Row
    tokens: list[Token]
    is_last: bool


async def follow(engine: EngineThread, jobs: Sequence[Job], bell: Bell) -> AsyncIterator[list[Portion]]:
    """Yield what is new of all texts of a request, until all have ended.

    Args:
        engine: Engine that writes.
        jobs: The request's prompts, which it was given. Whoever leaves early cancels them.
        bell: Their listener.

    Yields:
        Portions, or none after PING_SECONDS without any.
    """
    left = [row for job in jobs for row in job.rows]
    while left:
        bell.clear()
        portions = [_portion(engine, row) for row in left]
        left = [portion.row for portion in portions if not portion.is_last]
        portions = [portion for portion in portions if portion.tokens or portion.is_last]
        if portions:
            yield portions
            if left:
                await bell.heard(SECONDS_BETWEEN)
            continue
        bell.is_waiting = True
        if not any(row.tokens or row.finish for row in left) and not await bell.heard(PING_SECONDS):
            yield []


def _portion(engine: EngineThread, row: Row) -> Portion:
    is_last = row.finish is not None  # looked at before the tokens are taken, or one might be lost
    tokens = row.take()
    if row.is_paused and not is_last:
        engine.resume(row)
    return Portion(row, tokens, is_last)
