"""Routes of files that were read before the server started: no path comes from a client."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from penwright.serving.web.access import Access, GuardedRoute


def file_routes(files: Mapping[str, tuple[bytes, str]], *, access: Access = Access.TOKEN) -> list[GuardedRoute]:
    """Return a route for each of some files.

    Args:
        files: Content and media type by path, such as "/app/main.js".
        access: Who may use them.
    """

    def endpoint_of(content: bytes, kind: str):  # type: ignore[no-untyped-def]
        async def endpoint(_: Request) -> Response:
            return Response(content, 200, None, kind)

        return endpoint

    return [
        GuardedRoute(path, endpoint_of(content, kind), methods=["GET"], access=access)
        for path, (content, kind) in files.items()
    ]
