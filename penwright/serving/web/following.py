"""Tokens on their way from the engine's thread to a coroutine, in portions.

A reader that keeps up is not woken for every character: after a portion it sleeps for a while, and takes what came.
The more texts are being written, the longer it sleeps. So all streams together cost the same, however fast the author
writes, and the first character comes at once.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from penwright.serving.engine.request import Token
from penwright.serving.engine.rows import Job, Row
from penwright.serving.engine.thread import EngineThread

MIN_SECONDS_BETWEEN = 0.02
MAX_SECONDS_BETWEEN = 0.1
SECONDS_OF_A_TEXT = 0.0015
"""Time between two portions of one text, for each text that is being written: together they are sent some 650 portions
a second, which costs a tenth of a processor."""
PING_SECONDS = 15.0


class Bell:
    """Wakes a coroutine from the engine's thread. Make it where the coroutine runs."""

    def __init__(self) -> None:
        self.is_waiting = False
        """True if the next token is to be told of; the end of a text always is."""
        self._loop = asyncio.get_running_loop()
        self._has_rung = False
        self._sleeping: asyncio.Future[bool] | None = None

    def ring(self) -> None:
        """Wake the coroutine. Called by any thread."""
        self.is_waiting = False
        try:
            self._loop.call_soon_threadsafe(self._wake)
        except RuntimeError:  # the server has ended
            pass

    def clear(self) -> None:
        """Forget that it rang."""
        self._has_rung = False

    async def heard(self, seconds: float) -> bool:
        """Wait until it rings, and return False if it does not within a time."""
        if self._has_rung:
            return True
        sleeping: asyncio.Future[bool] = self._loop.create_future()
        self._sleeping = sleeping
        alarm = self._loop.call_later(seconds, _settle, sleeping, False)  # cheaper than asyncio.timeout
        try:
            return await sleeping
        finally:
            alarm.cancel()

    def _wake(self) -> None:
        self._has_rung = True
        if self._sleeping is not None:
            _settle(self._sleeping, True)


def _settle(future: "asyncio.Future[bool]", value: bool) -> None:
    if not future.done():
        future.set_result(value)


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
                between = SECONDS_OF_A_TEXT * engine.metrics.num_running
                await bell.heard(min(max(between, MIN_SECONDS_BETWEEN), MAX_SECONDS_BETWEEN))
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
