"""Errors as clients of OpenAI's API understand them: one JSON envelope, whatever went wrong."""

from collections.abc import Mapping
from typing import Any, Literal

from starlette.responses import Response

from penwright.errors import PenwrightError, UsageError
from penwright.serving.engine.request import QueueFullError, StoppingError
from penwright.serving.web.json import dump_json

Kind = Literal["invalid_request_error", "authentication_error", "not_found_error", "rate_limit_error", "server_error"]
_INTERNAL = "the server failed on this request, which is a fault of its own. Others are not affected."


class ApiError(Exception):
    """An answer that refuses."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: Kind = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Make an error.

        Args:
            status: HTTP status.
            message: What was found, what was needed, and what to do.
            kind: Class of the error.
            param: Field of the request that is wrong.
            code: Short name of the error for programs.
            headers: Headers of the answer.
        """
        super().__init__(message)
        self.status, self.kind, self.param, self.code, self.headers = status, kind, param, code, headers

    @property
    def envelope(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"error": {"message": str(self), "type": self.kind, "param": self.param, "code": self.code}}

    @property
    def response(self) -> Response:
        """The whole answer."""
        return json_response(self.envelope, status=self.status, headers=self.headers)


def api_error_of(error: Exception) -> ApiError:
    """Return any error as one that a client may see. Nothing of a fault of our own is told but that it was one."""
    match error:
        case ApiError():
            return error
        case QueueFullError():
            headers = {"Retry-After": str(error.retry_after)}
            return ApiError(429, str(error), kind="rate_limit_error", code="queue_full", headers=headers)
        case StoppingError():
            return ApiError(503, str(error), kind="server_error", code="stopping", headers={"Retry-After": "5"})
        case UsageError():
            return ApiError(400, str(error))
        case PenwrightError():
            return ApiError(500, str(error), kind="server_error")
    return ApiError(500, _INTERNAL, kind="server_error", code="internal_error")


def json_response(data: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return data as an answer."""
    return Response(dump_json(data), status, headers, "application/json")
