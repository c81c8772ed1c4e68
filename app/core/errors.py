"""What a caller did wrong, as a stable code, a status and a sentence.

Children stand beside the code that raises them; one handler renders them all.
"""

from typing import ClassVar


class AppError(Exception):
    """Rendered as `{"error": code, "detail": "…"}`, with `fields` where single fields are at fault."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400

    def __init__(self, detail: str, *, fields: list[dict[str, str]] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = fields


class NotFound(AppError):
    code, status = "not_found", 404


class Conflict(AppError):
    code, status = "conflict", 409


class Unauthorized(AppError):
    code, status = "not_authenticated", 401


class Forbidden(AppError):
    code, status = "forbidden", 403


class Invalid(AppError):
    """A well-formed body that asks for something that cannot be."""

    code, status = "invalid", 422
