"""Writes frontend/src/api/schema.ts: what the pages know of the API, as TypeScript.

It is made anew before each check of the pages and never kept, so that it cannot be older than the API. Types are
erased when the pages are built, so building needs neither it nor Python.
"""

import json
import os
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]
TARGET = CHECKOUT / "frontend" / "src" / "api" / "schema.ts"
HEADER = "// Made by scripts/api_types.py from our OpenAPI. Do not edit: it is not kept.\n"
METHODS = ("get", "post", "put", "patch", "delete")
SIMPLE = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
JSON = "application/json"

Schema = Mapping[str, Any]


def main() -> int:
    text = typescript(openapi())
    if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text:
        TARGET.write_text(text, encoding="utf-8")
    return 0


def openapi() -> Schema:
    # Settings that are not given are made in DATA_DIR; nothing of this run is to be found there later.
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATA_DIR"] = folder
        sys.path.insert(0, str(CHECKOUT))
        from app.main import app

        return app.openapi()


def typescript(api: Schema) -> str:
    schemas = [
        f"export type {_identifier(name)} = {_type(schema)};" for name, schema in api["components"]["schemas"].items()
    ]
    calls = [
        f"  {json.dumps(f'{method.upper()} {path}')}: {_call(item[method], item.get('parameters', []))};"
        for path, item in api["paths"].items()
        for method in METHODS
        if method in item
    ]
    return "\n".join([HEADER, *schemas, "", "export interface Calls {", *calls, "}", ""])


def _call(operation: Schema, shared: Sequence[Schema]) -> str:
    parameters = [*shared, *operation.get("parameters", [])]
    content = operation.get("requestBody", {}).get("content", {})
    parts = {
        "path": _parameters(parameters, "path"),
        "query": _parameters(parameters, "query"),
        "body": _type(content[JSON]["schema"]) if JSON in content else "undefined",
        "answer": _answer(operation["responses"]),
    }
    return "{ " + "; ".join(f"{name}: {kind}" for name, kind in parts.items()) + " }"


def _parameters(parameters: Sequence[Schema], place: str) -> str:
    fields = {each["name"]: each for each in parameters if each["in"] == place}
    required = [name for name, each in fields.items() if each.get("required")]
    return _object({name: each["schema"] for name, each in fields.items()}, required=required) if fields else "object"


def _answer(responses: Schema) -> str:
    for status in sorted(responses):
        if status.startswith("2"):
            schema = responses[status].get("content", {}).get(JSON, {}).get("schema")
            return _type(schema) if schema is not None else "undefined"
    return "undefined"


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return _identifier(schema["$ref"].rpartition("/")[2])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return "(" + " | ".join(dict.fromkeys(_type(each) for each in schema[union])) + ")"
    if "allOf" in schema:
        return "(" + " & ".join(_type(each) for each in schema["allOf"]) + ")"
    match schema.get("type"):
        case "array":
            return f"Array<{_type(schema.get('items', {}))}>"
        case "object":
            return _mapping(schema)
        case list() as kinds:
            return " | ".join(SIMPLE.get(kind, "unknown") for kind in kinds)
        case str() as kind:
            return SIMPLE[kind]
        case _:
            return "unknown"


def _mapping(schema: Schema) -> str:
    if "properties" in schema:
        return _object(schema["properties"], required=schema.get("required", ()))
    values = schema.get("additionalProperties")
    return f"Record<string, {_type(values) if isinstance(values, Mapping) else 'unknown'}>"


def _object(properties: Schema, *, required: Sequence[str]) -> str:
    fields = [
        f"{json.dumps(name)}{'' if name in required else '?'}: {_type(schema)}" for name, schema in properties.items()
    ]
    return "{ " + "; ".join(fields) + " }"


def _identifier(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_")


if __name__ == "__main__":
    sys.exit(main())
