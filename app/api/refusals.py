"""How refusals look, for `/docs`: each route names the errors that it may answer with."""

from typing import Any

from pydantic import BaseModel

from app.core.errors import AppError
from app.services.pages import InvalidCursor


class FieldProblem(BaseModel):
    field: str
    code: str
    detail: str


class Refusal(BaseModel):
    error: str
    detail: str
    fields: list[FieldProblem] | None = None


def refusals(*errors: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses, by status, each with an example for every code."""
    responses: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        response = responses.setdefault(
            error.status, {"model": Refusal, "description": "", "content": {"application/json": {"examples": {}}}}
        )
        example = {"value": {"error": error.code, "detail": "What is wrong, in a sentence."}}
        response["content"]["application/json"]["examples"][error.code] = example
        codes = [*filter(None, response["description"].split(", ")), f"`{error.code}`"]
        response["description"] = ", ".join(codes)
    return responses


OF_PAGES = refusals(InvalidCursor)
