"""A connection to a client: its body read within bounds, and work that is given up when the client leaves."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from penwright.serving.web.errors import ApiError
from penwright.serving.web.json import load_json

MAX_BODY_BYTES = 16 << 20
BODY_SECONDS = 60.0
GONE_STATUS = 499
"""Status of an answer that nobody waits for any more, as nginx logs it."""

Result = TypeVar("Result")


class ClientGoneError(Exception):
    """The client has left before its answer was complete."""


async def read_json(request: Request, *, max_bytes: int = MAX_BODY_BYTES) -> dict[str, Any]:
    """Return the JSON object that a client sent.

    Raises:
        ApiError: If it is too large, too slow, cut off, declared otherwise, or no JSON object.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(415, "the body must be JSON. Send the header 'Content-Type: application/json'.")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > max_bytes:
                    raise ApiError(413, f"the body is larger than {max_bytes:,} bytes. Send less.")
    except TimeoutError as error:
        raise ApiError(408, f"the body did not come within {BODY_SECONDS:.0f} seconds.") from error
    except ClientDisconnect as error:
        raise ApiError(GONE_STATUS, "the client has left before its body had come.") from error
    try:
        data = load_json(bytes(body))
    except ValueError as error:
        raise ApiError(400, f"the body is no JSON: {error}.") from error
    if not isinstance(data, dict):
        raise ApiError(400, 'the body must be a JSON object, such as {"prompt": "It was"}.')
    return data


async def while_connected(receive: Receive, work: Coroutine[Any, Any, Result]) -> Result:
    """Return the result of some work, and give it up at once if the client leaves.

    Args:
        receive: Channel of the client, whose body has been read.
        work: What to do.

    Raises:
        ClientGoneError: If the client has left, or the work has cancelled itself because the client takes nothing.
    """
    doing = asyncio.create_task(work)
    leaving = asyncio.create_task(_until_gone(receive))
    try:
        await asyncio.wait({doing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if doing.done() and not doing.cancelled():
            return doing.result()
        raise ClientGoneError
    finally:
        doing.cancel()
        leaving.cancel()
        await asyncio.gather(doing, leaving, return_exceptions=True)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
