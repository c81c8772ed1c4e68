"""What FastAPI leaves out of the API's description, or says as we do not: how each operation refuses, in our own shape.

Every refusal is documented where it may happen, with its code: a test sends requests and holds the answers to this.
"""

from typing import Any

from app.api.admission import OPEN_PATHS
from app.services.idempotency import IdempotencyMismatch, RequestInProgress

REFUSAL = {"$ref": "#/components/schemas/Refusal"}
RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
_FOREIGN = ("HTTPValidationError", "ValidationError")  # FastAPI's shapes, which we never answer with


def complete(schema: dict[str, Any]) -> None:
    for path, methods in schema["paths"].items():
        for operation in methods.values():
            _complete(operation, is_admitted=path not in OPEN_PATHS)
    for name in _FOREIGN:
        schema["components"]["schemas"].pop(name, None)


def add_refusal(operation: dict[str, Any], status: int, code: str) -> None:
    """Says that an operation may answer with this code."""
    response = operation["responses"].setdefault(str(status), {"description": "", "content": {}})
    content = response["content"].setdefault("application/json", {"schema": REFUSAL})
    examples = content.setdefault("examples", {})
    if code in examples:
        return
    examples[code] = {"value": {"error": code, "detail": "What is wrong, in a sentence."}}
    response["description"] = ", ".join(filter(None, [response["description"], f"`{code}`"]))


def _complete(operation: dict[str, Any], *, is_admitted: bool) -> None:
    responses = operation["responses"]
    if "422" in responses and "examples" not in responses["422"].get("content", {}).get("application/json", {}):
        del responses["422"]
    if operation.get("parameters") or "requestBody" in operation:
        add_refusal(operation, 422, "validation_failed")
    if "requestBody" in operation:
        add_refusal(operation, 400, "bad_request")
        add_refusal(operation, 408, "body_too_slow")
        add_refusal(operation, 413, "body_too_large")
    if any(each["name"].lower() == "idempotency-key" for each in operation.get("parameters", ())):
        for error in (IdempotencyMismatch, RequestInProgress):
            add_refusal(operation, error.status, error.code)
        add_refusal(operation, 400, "invalid_idempotency_key")
    if is_admitted:
        add_refusal(operation, 503, "overloaded")
        add_refusal(operation, 503, "unavailable")
        responses["503"]["headers"] = RETRY_AFTER
