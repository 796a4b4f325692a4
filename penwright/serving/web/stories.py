"""Routes of stories: listed, made, read, written on, exported, imported and taken away.

Whoever writes on a story names the revision that the records were made for. If the story has moved on, the answer is
409 and nothing is written; the client fetches what is new and sends its records again.
"""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from penwright.errors import PenwrightError
from penwright.serving.stories.exporting import KINDS, check_form, export_story, import_story
from penwright.serving.stories.folder import StoryFolder
from penwright.serving.stories.journal import Journal
from penwright.serving.stories.records import (
    MAX_RECORDS,
    MAX_TITLE_CHARS,
    ConflictError,
    NoStoryError,
    Record,
    RecordError,
    Title,
    parse_record,
)
from penwright.serving.web.access import Access, Endpoint, GuardedRoute
from penwright.serving.web.connection import read_json
from penwright.serving.web.errors import ApiError, json_response

MAX_IMPORT_BYTES = 64 << 20
MAX_BATCH_BYTES = 64 << 20
"""Largest batch of records: the longest text of a story, in any script."""
MAX_NAME_CHARS = 300


def story_routes(folder: StoryFolder) -> list[GuardedRoute]:
    """Return the routes of the stories in a folder.

    Args:
        folder: The folder.
    """
    stories = _Stories(folder)
    table: list[tuple[str, Endpoint, str]] = [
        ("/api/stories", stories.overview, "GET"),
        ("/api/stories", stories.create, "POST"),
        ("/api/import", stories.import_file, "POST"),
        ("/api/stories/{id}", stories.read, "GET"),
        ("/api/stories/{id}/records", stories.append, "POST"),
        ("/api/stories/{id}/remove", stories.remove, "POST"),
        ("/api/stories/{id}/export", stories.export, "GET"),
    ]
    return [
        GuardedRoute(path, _answering(endpoint), methods=[method], access=Access.TOKEN)
        for path, endpoint, method in table
    ]


def _answering(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint whose errors of stories are answers with a status of their own."""

    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ConflictError as error:
            found = {"X-Penwright-Revision": str(error.revision)}
            raise ApiError(409, str(error), code="revision_conflict", headers=found) from error
        except NoStoryError as error:
            raise ApiError(404, str(error), kind="not_found_error", code="no_story") from error
        except RecordError as error:
            raise ApiError(400, str(error), code="bad_record") from error

    return answered


class _Stories:
    """The endpoints."""

    def __init__(self, folder: StoryFolder) -> None:
        self._folder = folder

    async def overview(self, request: Request) -> Response:
        """GET /api/stories: all stories."""
        return json_response({"stories": await asyncio.to_thread(self._folder.summaries)})

    async def create(self, request: Request) -> Response:
        """POST /api/stories: a new story."""
        title = (await read_json(request)).get("title", "")
        if not isinstance(title, str) or len(title) > MAX_TITLE_CHARS:
            raise ApiError(400, f"title must be a text of at most {MAX_TITLE_CHARS} characters.", param="title")
        journal = await asyncio.to_thread(self._folder.create, [Title(title)] if title else [])
        return json_response(_story_json(journal, since=0), status=201)

    async def read(self, request: Request) -> Response:
        """GET /api/stories/ID: its records, all or those since a revision."""
        since = request.query_params.get("since", "0")
        if not (since.isascii() and since.isdigit() and len(since) < 10):
            raise ApiError(400, "since must be a revision, a whole number.", param="since")
        id = request.path_params["id"]

        def read() -> Response:
            with self._folder.using(id) as journal:
                return json_response(_story_json(journal, since=int(since)))

        return await asyncio.to_thread(read)

    async def append(self, request: Request) -> Response:
        """POST /api/stories/ID/records: more records."""
        data = await read_json(request, max_bytes=MAX_BATCH_BYTES)
        revision, given = data.get("revision"), data.get("records")
        if type(revision) is not int or revision < 0:
            raise ApiError(400, "revision must be that for which the records were made.", param="revision")
        if not isinstance(given, list) or not 0 < len(given) <= MAX_RECORDS:
            raise ApiError(400, f"records must be a list of 1 to {MAX_RECORDS:,} records.", param="records")
        id = request.path_params["id"]

        def append() -> int:
            records: list[Record] = [parse_record(each) for each in given]
            return self._folder.append(id, records, revision=revision)

        return json_response({"revision": await _kept(append)})

    async def remove(self, request: Request) -> Response:
        """POST /api/stories/ID/remove: take it away."""
        await read_json(request)
        await asyncio.to_thread(self._folder.remove, request.path_params["id"])
        return json_response({"removed": True})

    async def export(self, request: Request) -> Response:
        """GET /api/stories/ID/export: the story as a file."""
        form = check_form(request.query_params.get("form", "txt"))
        model_name = request.app.state.service.model_name
        id = request.path_params["id"]

        def export() -> bytes:
            with self._folder.using(id) as journal:
                return export_story(journal.story, form, model_name=model_name)

        data = await asyncio.to_thread(export)
        headers = {"Content-Disposition": f'attachment; filename="story-{id}.{form}"'}
        return Response(data, 200, headers, KINDS[form])

    async def import_file(self, request: Request) -> Response:
        """POST /api/import: a new story from a file, whose content is sent in base 64."""
        sent = await read_json(request, max_bytes=MAX_IMPORT_BYTES)
        name, content = sent.get("name"), sent.get("content")
        if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME_CHARS:
            raise ApiError(400, f"name must be that of the file, of 1 to {MAX_NAME_CHARS} characters.", param="name")
        try:
            data = base64.b64decode(content if isinstance(content, str) else "", validate=True)
        except (binascii.Error, ValueError) as error:
            raise ApiError(400, "content must be that of the file in base 64.", param="content") from error

        def add() -> Response:
            try:
                records = import_story(data, name=name)
            except RecordError:
                raise
            except PenwrightError as error:
                raise ApiError(400, str(error), param="content") from error
            return json_response(_story_json(self._folder.create(records), since=0), status=201)

        return await asyncio.to_thread(add)


async def _kept(work: Callable[[], int]) -> int:
    """Return the result of work in a thread that is finished even if the client leaves meanwhile."""
    doing: Awaitable[int] = asyncio.ensure_future(asyncio.to_thread(work))
    return await asyncio.shield(doing)


def _story_json(journal: Journal, *, since: int) -> dict[str, Any]:
    """Return a story's records since a revision."""
    records = [record for batch in journal.batches[since:] for record in batch]
    return {"id": journal.story.id, "revision": journal.revision, "records": records}
