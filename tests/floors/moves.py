"""Finds code that changes messages.status or messages.dispatch, by SQL or by the ORM.

It would rather accuse what it cannot read than miss a change: columns given as `**anything` count as both.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

GUARDED = {"status", "dispatch"}

_CHANGES = re.compile(r"\b(?:UPDATE|MERGE\s+INTO)\s+(?:ONLY\s+)?messages\b", re.IGNORECASE)
_INSERTS = re.compile(r"\bINSERT\s+INTO\s+messages\b", re.IGNORECASE)
_SET = re.compile(r"\bSET\b", re.IGNORECASE)
_END = re.compile(r"(?:WHERE|FROM|RETURNING|WHEN)\b", re.IGNORECASE)
_TARGET = re.compile(r"\s*\(?([\w\s.,\"]+?)\)?\s*=")

# Rows of other tables have a status, too: whoever sets theirs says so here.
OTHER_STATUSES = {"app/services/idempotency.py", "app/services/once.py", "app/api/once.py"}


def changes(tree: ast.Module, path: str) -> Iterator[tuple[int, str]]:
    """Line and reason of each place that changes what a message already is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr):
            yield from ((node.lineno, f"SQL sets {name}") for name in sorted(columns_set(_text(node))))
        elif isinstance(node, ast.Call):
            yield from _call(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from _assignment(targets, path)


def births(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and reason of each place that makes a message, and so says what it is at first."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and _INSERTS.search(_text(node)):
            yield node.lineno, "SQL inserts into messages"
        elif isinstance(node, ast.Call) and (_is_message(node.func) or _is_about_messages(node, "insert")):
            yield node.lineno, "makes a Message"


def columns_set(statement: str) -> set[str]:
    """The guarded columns that a statement changes in messages."""
    found: set[str] = set()
    spans = [match.end() for match in _CHANGES.finditer(statement)]
    spans += [match.end() for match in _INSERTS.finditer(statement) if "DO UPDATE" in statement[match.end() :].upper()]
    for start in spans:
        for clause in _SET.finditer(statement, start):
            found |= GUARDED & set(_targets(statement[clause.end() :]))
    return found


def _targets(clause: str) -> Iterator[str]:
    for item in _items(clause):
        if match := _TARGET.match(item):
            yield from (name.strip().strip('"').lower() for name in match[1].split(","))


def _items(clause: str) -> Iterator[str]:
    """The parts of a SET clause, split at commas outside of parentheses and CASEs, until the clause ends."""
    depth, item, position = 0, "", 0
    while position < len(clause):
        word = re.compile(r"\w+|.", re.DOTALL).match(clause, position)
        assert word is not None
        text, position = word[0], word.end()
        depth += (text == "(" or text.upper() == "CASE") - (text == ")" or text.upper() == "END")
        if depth < 0 or (depth == 0 and _END.fullmatch(text)):
            break
        if depth == 0 and text == ",":
            yield item
            item = ""
        else:
            item += text
    yield item


def _call(node: ast.Call) -> Iterator[tuple[int, str]]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name == "values" and _is_about_messages(node, "update"):
        given = {keyword.arg for keyword in node.keywords}
        for argument in node.args:
            keys = argument.keys if isinstance(argument, ast.Dict) else [None]
            given |= {key.value if isinstance(key, ast.Constant) else None for key in keys}
        yield from (
            (node.lineno, f"update(Message) sets {each or 'who knows what'}") for each in given & {*GUARDED, None}
        )
    elif name in {"execute", "scalars"} and len(node.args) > 1 and _is_about_messages(node.args[0], "update"):
        yield node.lineno, "update(Message) with columns from elsewhere"
    elif name.startswith("bulk_update") and any(_is_message(argument) for argument in node.args):
        yield node.lineno, "bulk update of Message"
    elif name == "setattr" and len(node.args) == 3:
        attribute = node.args[1]
        if isinstance(attribute, ast.Constant) and attribute.value in GUARDED:
            yield node.lineno, f"setattr of {attribute.value}"


def _assignment(targets: list[ast.expr], path: str) -> Iterator[tuple[int, str]]:
    for target in targets:
        for node in ast.walk(target):
            if not isinstance(node, ast.Attribute) or node.attr not in GUARDED or not isinstance(node.ctx, ast.Store):
                continue
            is_own = isinstance(node.value, ast.Name) and node.value.id == "self"
            if not is_own and not (node.attr == "status" and path in OTHER_STATUSES):
                yield node.lineno, f"assigns .{node.attr}"


def _is_about_messages(node: ast.AST, verb: str) -> bool:
    """Whether a chain of calls begins with `verb(Message)`."""
    while isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name == verb and node.args and _is_message(node.args[0]):
            return True
        node = node.func.value if isinstance(node.func, ast.Attribute) else node.func
    return False


def _is_message(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "Message" or (node.attr == "__table__" and _is_message(node.value))
    return isinstance(node, ast.Name) and node.id == "Message"


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(
        part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else " x " for part in parts
    )


def users_of(tree: ast.Module, name: str) -> set[str]:
    """The functions of a module that read one of its names; empty string for the module itself."""
    inside = {
        id(node): function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    return {
        inside.get(id(node), "")
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
    }


def relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
