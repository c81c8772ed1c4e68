"""What a send node says: a message in WhatsApp's shape, filled in for one person.

Only text can be written now; another kind of message becomes another class here and an entry in `graph.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.facts import Person
from app.domain.placeholders import Template, compile_template, literal
from app.domain.problems import Problems, check_keys, join, read_flag, read_object, read_text

LONGEST_TEXT = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class TextContent:
    """`bodies` is by language; the empty language stands for everyone."""

    bodies: Mapping[str, Template]
    preview_url: bool | None = None

    def render(self, person: Person) -> str:
        """The text, cut at WhatsApp's length, without blanks around it; empty when nothing is left to say."""
        return self.bodies[_choose(tuple(self.bodies), person.language)].render(person).strip()[:LONGEST_TEXT]

    def message(self, text: str) -> dict[str, object]:
        body: dict[str, object] = {"body": text}
        if self.preview_url is not None:
            body["preview_url"] = self.preview_url
        return {"type": "text", "text": body}


def parse_flat_content(raw: object, *, path: str, problems: Problems) -> TextContent | None:
    """Version 0 `content`: `{"type": "text", "text": {"body": "¡Hola {name}!"}}`, with placeholders."""
    node = read_object(raw, path, problems)
    if node is None or not _is_text(node, "type", path, problems):
        return None
    return _whatsapp_text(node, path, problems, placeholders=True)


def parse_template(raw: object, *, path: str, problems: Problems) -> TextContent | None:
    text = read_text(raw, path, problems, longest=LONGEST_TEXT)
    return None if text is None else TextContent(bodies={"": compile_template(text)})


def parse_message(raw: object, *, path: str, problems: Problems) -> TextContent | None:
    """Version 1: WhatsApp's shape, or `{"kind": "text", "body": "…" or {"en": "…", "es": "…"}}`."""
    node = read_object(raw, path, problems)
    if node is None:
        return None
    if "type" in node:
        return _whatsapp_text(node, path, problems) if _is_text(node, "type", path, problems) else None
    if not _is_text(node, "kind", path, problems):
        return None
    check_keys(node, path, problems, allowed={"kind", "body", "preview_url"})
    body, body_path = node.get("body"), join(path, "body")
    versions = body if isinstance(body, Mapping) and body else {"": body}
    bodies = {
        str(language): _literal(text, join(body_path, language) if language else body_path, problems)
        for language, text in versions.items()
    }
    return _content(bodies, node, path, problems)


def _whatsapp_text(
    node: Mapping[str, object], path: str, problems: Problems, *, placeholders: bool = False
) -> TextContent | None:
    check_keys(node, path, problems, allowed={"type", "text"})
    path = join(path, "text")
    text = read_object(node.get("text"), path, problems)
    if text is None:
        return None
    check_keys(text, path, problems, allowed={"body", "preview_url"})
    body_path = join(path, "body")
    if placeholders:
        words = read_text(text.get("body"), body_path, problems, longest=LONGEST_TEXT)
        template = None if words is None else compile_template(words)
    else:
        template = _literal(text.get("body"), body_path, problems)
    return _content({"": template}, text, path, problems)


def _content(
    bodies: Mapping[str, Template | None], node: Mapping[str, object], path: str, problems: Problems
) -> TextContent | None:
    preview = read_flag(node["preview_url"], join(path, "preview_url"), problems) if "preview_url" in node else None
    good = {language: body for language, body in bodies.items() if body is not None}
    return TextContent(bodies=good, preview_url=preview) if len(good) == len(bodies) else None


def _is_text(node: Mapping[str, object], key: str, path: str, problems: Problems) -> bool:
    kind = node.get(key)
    if kind == "text":
        return True
    if isinstance(kind, str):
        problems.later(join(path, key), f'Messages of the kind "{kind[:40]}"')
    else:
        problems.add(join(path, key), "missing", f'Say which message it is: "{key}": "text".')
    return False


def _literal(raw: object, path: str, problems: Problems) -> Template | None:
    text = read_text(raw, path, problems, longest=LONGEST_TEXT)
    if text is not None and ("{{" in text or "{%" in text):
        # Sent as they are, these would show a customer raw braces.
        problems.later(path, "{{ … }} and {% … %} in a version 1 message")
        return None
    return None if text is None else literal(text)


def _choose(languages: tuple[str, ...], wanted: str | None) -> str:
    """The person's language, else its base or a sister (`es-MX`, `es`, `es-ES`), else English, else the first."""
    known = {language.casefold().replace("_", "-"): language for language in sorted(languages)}
    exact = (wanted or "").casefold().replace("_", "-")
    base = exact.partition("-")[0]
    for name in (exact, base, *(other for other in known if base and other.partition("-")[0] == base), "en"):
        if name in known:
            return known[name]
    return next(iter(known.values()))
