"""POST /v1/completions: texts after prompts, whole or while they are written.

Everything is checked, and the request has its place in the queue, before the first byte is sent. A client that leaves
ends its texts within one step, whichever way it asked. An error after the first byte is an event of its own, and no
[DONE] follows it.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from penwright.serving.engine.request import Token
from penwright.serving.engine.rows import Job, Row
from penwright.serving.web.answers import DONE, PING, Answer
from penwright.serving.web.connection import GONE_STATUS, ClientGoneError, read_json, while_connected
from penwright.serving.web.errors import api_error_of
from penwright.serving.web.following import Bell, Portion, follow
from penwright.serving.web.json import dump_json
from penwright.serving.web.service import Service
from penwright.serving.web.wanted import Wanted, parse_wanted

IGNORED_HEADER = "X-Penwright-Ignored-Fields"
MAX_IGNORED_CHARS = 500
FIRST_SECONDS = 2.0
"""Time to wait for the first character before a stream begins, so that what fails at once is no stream."""
SEND_SECONDS = 60.0
"""Time after which a client that reads nothing is left."""


async def complete(request: Request) -> Response:
    """Answer a completion request."""
    service: Service = request.app.state.service
    engine = service.engine
    data = await read_json(request)
    wanted = parse_wanted(
        data,
        alphabet=service.alphabet,
        model_name=service.model_name,
        max_rows=service.engine.max_rows,
        labels=service.labels,
    )
    bell = Bell()
    jobs = [Job(each, listener=bell, seconds=service.request_seconds) for each in wanted.requests]
    engine.submit(jobs)
    answer = Answer(
        jobs, alphabet=service.alphabet, model_name=service.model_name, shows_log_probs=wanted.shows_log_probs
    )
    portions = follow(engine, jobs, bell)
    is_streaming = False
    try:
        if not wanted.is_streamed:
            body = await while_connected(request.receive, _whole(answer, jobs, portions, wanted))
            return Response(body, 200, _headers_of(wanted), "application/json")
        first = await while_connected(request.receive, _first(portions))
        is_streaming = True
        return _Stream(service, answer, jobs, first, portions, wanted)
    except ClientGoneError:
        return Response(status_code=GONE_STATUS)
    finally:
        if not is_streaming:
            engine.cancel(jobs)


async def _whole(answer: Answer, jobs: Sequence[Job], portions: AsyncIterator[list[Portion]], wanted: Wanted) -> bytes:
    """Return the body of an answer that is not streamed."""
    texts: dict[Row, list[Token]] = {row: [] for job in jobs for row in job.rows}
    async for several in portions:
        for row, tokens, _ in several:
            texts[row] += tokens
            _raise_failure(row)

    def build() -> bytes:
        choices: list[dict[str, Any]] = []
        for job in jobs:
            chosen = job.rows
            if len(chosen) > wanted.num_choices:
                chosen = sorted(chosen, key=lambda row: (-row.mean_log_prob, row.index))[: wanted.num_choices]
            for row in chosen:
                choices.append(answer.choice(row, len(choices), texts[row], echoes=wanted.echoes, finish=row.finish))
        return dump_json(answer.whole(choices))

    return await asyncio.to_thread(build) if wanted.shows_log_probs else build()


async def _first(portions: AsyncIterator[list[Portion]]) -> "asyncio.Task[list[Portion]]":
    """Wait a little for the first portions, and return the task that brings them."""
    task = asyncio.create_task(_next(portions))
    done, _ = await asyncio.wait({task}, timeout=FIRST_SECONDS)
    for each in done:
        for row, _, _ in each.result():
            _raise_failure(row)
    return task


async def _next(portions: AsyncIterator[list[Portion]]) -> list[Portion]:
    return await anext(portions)


class _Stream(Response):
    """Events while the texts are written."""

    def __init__(
        self,
        service: Service,
        answer: Answer,
        jobs: Sequence[Job],
        first: "asyncio.Task[list[Portion]]",
        portions: AsyncIterator[list[Portion]],
        wanted: Wanted,
    ) -> None:
        headers = {**_headers_of(wanted), "X-Accel-Buffering": "no", "Cache-Control": "no-cache"}
        super().__init__(None, 200, headers, "text/event-stream")
        del self.headers["content-length"]
        self._engine, self._service = service.engine, service
        self._answer, self._jobs, self._first, self._portions, self._wanted = answer, jobs, first, portions, wanted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send everything, and end the texts if the client leaves."""
        try:
            await while_connected(receive, self._send_all(send))
        except ClientGoneError:
            pass
        finally:
            self._first.cancel()
            self._engine.cancel(self._jobs)

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        async for events in self._iter_events():
            alarm = loop.call_later(SEND_SECONDS, task.cancel)  # cheaper than asyncio.timeout
            try:
                await send({"type": "http.response.body", "body": events, "more_body": True})
            finally:
                alarm.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _iter_events(self) -> AsyncIterator[bytes]:
        """Yield events, several at once where several are there."""
        begun: set[Row] = set()
        try:
            async for portions in self._iter_portions():
                events = [event for portion in portions for event in self._events_of(portion, begun)]
                yield b"".join(events) or PING
        except Exception as error:
            found = api_error_of(error)
            if found.code == "internal_error":
                self._service.note_fault(error)
            yield b"data: " + dump_json(found.envelope) + b"\n\n"
            return
        has_usage = self._wanted.wants_usage
        usage = self._answer.event(None, usage=self._answer.usage(), has_usage=True) if has_usage else b""
        yield usage + DONE

    async def _iter_portions(self) -> AsyncIterator[list[Portion]]:
        yield await self._first
        async for portions in self._portions:
            yield portions

    def _events_of(self, portion: Portion, begun: set[Row]) -> list[bytes]:
        """Return what is new of one text: the prompt, if it is repeated, its characters, and its end."""
        row, tokens, is_last = portion
        has_usage, answer = self._wanted.wants_usage, self._answer
        index = self._jobs.index(row.job) * self._wanted.num_choices + row.index
        events = []
        if self._wanted.echoes and row not in begun and row.finish != "failed":
            echo = answer.choice(row, index, [], echoes=True, finish=None)
            events.append(answer.event(echo, has_usage=has_usage))
        begun.add(row)
        if tokens:
            events.append(
                answer.event(answer.choice(row, index, tokens, echoes=False, finish=None), has_usage=has_usage)
            )
        if is_last:
            _raise_failure(row)
            ended = answer.choice(row, index, [], echoes=False, finish=row.finish)
            events.append(answer.event(ended, has_usage=has_usage))
        return events


def _raise_failure(row: Row) -> None:
    if row.finish == "failed":
        raise row.error if row.error is not None else RuntimeError("a text failed")


def _headers_of(wanted: Wanted) -> Mapping[str, str]:
    if not wanted.ignored:
        return {}
    names = ", ".join("".join(c if c.isascii() and c.isprintable() else "?" for c in name) for name in wanted.ignored)
    return {IGNORED_HEADER: names[:MAX_IGNORED_CHARS].strip()}  # a header may not end with a blank
