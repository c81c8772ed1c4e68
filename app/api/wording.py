"""What is wrong with a field, in a sentence for people. The codes are pydantic's own, which programs may rely on."""

from collections.abc import Mapping
from typing import Any

SENTENCES: Mapping[str, str] = {
    "bool_parsing": "Write true or false.",
    "bool_type": "Write true or false.",
    "date_from_datetime_parsing": "Write a date, as 2026-03-14.",
    "date_parsing": "Write a date, as 2026-03-14.",
    "date_type": "Write a date, as 2026-03-14.",
    "datetime_from_date_parsing": "Write a moment with its time zone, as 2026-03-14T15:00:00Z.",
    "datetime_parsing": "Write a moment with its time zone, as 2026-03-14T15:00:00Z.",
    "datetime_type": "Write a moment with its time zone, as 2026-03-14T15:00:00Z.",
    "dict_type": "Write an object.",
    "enum": "Write one of: {expected}.",
    "extra_forbidden": "There is no such field.",
    "finite_number": "Write a number.",
    "float_parsing": "Write a number.",
    "float_type": "Write a number.",
    "greater_than": "Write a number above {gt}.",
    "greater_than_equal": "Write {ge} or more.",
    "int_from_float": "Write a whole number.",
    "int_parsing": "Write a whole number.",
    "int_parsing_size": "This number is too large.",
    "int_type": "Write a whole number.",
    "json_invalid": "The body is no JSON.",
    "less_than": "Write a number below {lt}.",
    "less_than_equal": "Write {le} or less.",
    "list_type": "Write a list.",
    "literal_error": "Write one of: {expected}.",
    "missing": "This is needed.",
    "model_attributes_type": "Write an object.",
    "model_type": "Write an object.",
    "string_pattern_mismatch": "This is not written as it must be: {pattern}",
    "string_too_long": "Write {max_length} characters at most.",
    "string_too_short": "Write {min_length} characters or more.",
    "string_type": "Write a text.",
    "string_unicode": "This text holds characters that are none.",
    "timezone_aware": "Say the time zone, as in 2026-03-14T15:00:00Z.",
    "too_long": "Give {max_length} at most.",
    "too_short": "Give {min_length} or more.",
    "uuid_parsing": "This is no id.",
    "uuid_type": "This is no id.",
}


def sentence(kind: str, given: str, context: Mapping[str, Any]) -> str:
    """`given` is pydantic's own sentence, for kinds that are not above: most often a check of ours, in our words."""
    wanted = SENTENCES.get(kind)
    if wanted is None:
        return given
    try:
        return wanted.format_map(context)
    except KeyError:
        return given
