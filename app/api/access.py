"""What each route asks of its caller, as its own declaration says it: for the API's description, and for the test that
walks all routes.
"""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import RouteContext, iter_route_contexts

from app.api.description import add_refusal
from app.core.errors import Forbidden, Unauthorized
from app.dependencies import (
    PasswordChangeRequired,
    Requires,
    changing_password,
    in_person,
    public,
    signed_in,
)
from app.domain.permissions import PERMISSIONS

_SENTENCES = {
    "public": "Anybody may call this.",
    "signed-in": "Whoever has an account may call this.",
    "in-person": "Whoever has an account may call this, but not with an API key.",
}


def declared(route: RouteContext) -> list[str]:
    """`public`, `signed-in`, `in-person` or a permission; empty where a route says nothing, which a test refuses."""
    found: list[str] = []
    for dependency in route.dependant.dependencies:
        if isinstance(dependency.call, Requires):
            found.append(dependency.call.permission.name)
        elif dependency.call is public:
            found.append("public")
        elif dependency.call is signed_in:
            found.append("signed-in")
        elif dependency.call in (in_person, changing_password):
            found.append("in-person")
    return found


def describe(app: FastAPI, schema: dict[str, Any]) -> None:
    """Adds to each operation of an OpenAPI document what it asks of its caller, and how it refuses others."""
    for route in iter_route_contexts(app.routes):
        if not getattr(route, "include_in_schema", False) or not hasattr(route, "dependant"):
            continue
        for method in route.methods or ():
            _describe(schema["paths"][route.path][method.lower()], declared(route))


def _describe(operation: dict[str, Any], names: list[str]) -> None:
    for name in names:
        permission = PERMISSIONS.get(name)
        sentence = _SENTENCES[name] if permission is None else f"Needs the permission `{name}`: {permission.sentence}"
        operation["x-permission"] = name
        operation["description"] = "\n\n".join(filter(None, [operation.get("description"), sentence]))
        if name != "public":
            add_refusal(operation, Unauthorized.status, Unauthorized.code)
            add_refusal(operation, PasswordChangeRequired.status, PasswordChangeRequired.code)
        if name == "in-person" or permission is not None:
            add_refusal(operation, Forbidden.status, Forbidden.code)
