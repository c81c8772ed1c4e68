"""JSON at the edges: one strict way in, one way out.

Incoming text is parsed by orjson, which refuses lone surrogates and NaN; whatever passed can be stored and signed.
"""

import json
from typing import Any, TypeAlias

import orjson

JsonObject: TypeAlias = dict[str, Any]


def parse_object(raw: bytes | str) -> JsonObject | None:
    """The object in `raw`, or None where it is not JSON or not an object."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def pack(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def unpack_object(text: str) -> JsonObject:
    """What `pack` wrote."""
    value: JsonObject = json.loads(text)
    return value
