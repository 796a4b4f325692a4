"""Routes of the page on which a person and the author write: its files, what there is to know, and copied runs."""

import asyncio
from importlib.resources import files
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from penwright.originality.index import MIN_RUN, ShelfIndex
from penwright.originality.meter import Run, runs_of
from penwright.serving.watching import RunWatch
from penwright.serving.web.access import Access, GuardedRoute
from penwright.serving.web.connection import read_json
from penwright.serving.web.errors import ApiError, json_response
from penwright.serving.web.files import file_routes

MEDIA_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
INDEX_NAME = "index.html"
FILES_PATH = "/page/"
VENDOR_FOLDER = "vendor/"
"""Files that others wrote, as they came. README.md there names the versions."""
SHOWN_RUN = 50
"""Shortest copied run that the page underlines; shorter ones are everybody's."""
MAX_RUNS = 2_000
MAX_COPY_CHARS = 1_000_000
CONTEXT_CHARS = 60
"""Characters of the book that are shown before and after a copied run."""


def page_files() -> dict[str, bytes]:
    """Return the files of the page by name, such as "main.js"; those of others begin with VENDOR_FOLDER."""
    folder = files("penwright.serving") / "page"
    folders = {"": folder, VENDOR_FOLDER: folder / VENDOR_FOLDER}
    return {
        f"{prefix}{each.name}": each.read_bytes()
        for prefix, folder in folders.items()
        for each in folder.iterdir()
        if each.is_file() and "." in each.name
    }


def page_routes(*, shelf: ShelfIndex | None = None, run: RunWatch | None = None) -> list[GuardedRoute]:
    """Return the routes of the page.

    Args:
        shelf: Index of the author's training books, in which copied runs are looked up.
        run: Run that the author belongs to, which the page shows as it goes.
    """
    served = {
        f"{FILES_PATH}{name}": (content, MEDIA_TYPES[name[name.rindex(".") :]])
        for name, content in page_files().items()
        if name[name.rindex(".") :] in MEDIA_TYPES
    }

    async def about(request: Request) -> Response:
        """GET /api/about: the author, and what this server can do."""
        service = request.app.state.service
        return json_response(
            {
                "model": service.model_name,
                "unit": service.alphabet.unit,
                "max_texts": service.engine.max_rows,
                "num_books": 0 if shelf is None else len(shelf.books),
                "has_run": run is not None,
                "finds_copies": shelf is not None,
                "shortest_copy": SHOWN_RUN,
                "labels": service.labels.names,
                "label": service.labels.default,
            }
        )

    async def training(request: Request) -> Response:
        """GET /api/run: how the training goes."""
        if run is None:
            raise ApiError(404, "the author of this server is in no run.", kind="not_found_error")
        return json_response(await asyncio.to_thread(run.look))

    async def copies(request: Request) -> Response:
        """POST /api/copies: runs of a text that stand in a training book, and where."""
        data = await read_json(request)
        text, min_length = data.get("text"), data.get("min_length", SHOWN_RUN)
        if shelf is None:
            raise ApiError(404, "start the server with --corpus to find copied runs.", kind="not_found_error")
        if not isinstance(text, str) or len(text) > MAX_COPY_CHARS:
            raise ApiError(400, f"text must be a text of at most {MAX_COPY_CHARS:,} characters.", param="text")
        if type(min_length) is not int or not MIN_RUN <= min_length <= MAX_COPY_CHARS:
            raise ApiError(400, f"min_length must be a whole number from {MIN_RUN}.", param="min_length")

        def find() -> list[dict[str, Any]]:
            return [_run_json(run, shelf) for run in runs_of(text, shelf, min_length=min_length)[:MAX_RUNS]]

        return json_response({"runs": await asyncio.to_thread(find)})

    return [
        *file_routes(served),
        GuardedRoute("/api/about", about, methods=["GET"], access=Access.TOKEN),
        GuardedRoute("/api/run", training, methods=["GET"], access=Access.TOKEN),
        GuardedRoute("/api/copies", copies, methods=["POST"], access=Access.TOKEN),
    ]


def _run_json(run: Run, shelf: ShelfIndex) -> dict[str, Any]:
    """Return a copied run with its book. Offsets count characters, not UTF-16 code units."""
    place = shelf.place_of(run.source)
    return {
        "start": run.start,
        "stop": run.stop,
        "title": place.book.title,
        "by": place.book.author,
        "char": place.char,
        "num_chars": place.book.num_chars,
    }
