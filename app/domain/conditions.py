"""The grammar of conditions: `{all|any: […]}`, `{not: c}` and leaves `{field, op, value}`.

Logic is three-valued: what a missing field makes unknown never matches, and neither does its negation, so
"not VIP" does not catch people whose field was never filled.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from app.domain.fields import Context, Field, UnknownField, find_field
from app.domain.operators import OPERATORS, BadValue, Test, Truth, negate
from app.domain.problems import Problems, check_keys, join, read_flag, read_object, suggestion

DEEPEST = 10
MOST_LEAVES = 200


@dataclass(frozen=True, slots=True)
class AllOf:
    items: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    items: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    item: "Condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    field: Field
    op: str
    value: object
    fold: bool
    test: Test = dataclasses.field(repr=False, compare=False)


Condition: TypeAlias = AllOf | AnyOf | Not | Leaf

ALWAYS = AllOf(())


def evaluate(condition: Condition, context: Context) -> Truth:
    """True, false, or `None` for unknown. Only true is a match."""
    match condition:
        case Leaf():
            value = condition.field.read(context)
            return None if value is None and condition.op != "is_set" else condition.test(value, context)
        case AllOf(items):
            return _first(items, context, decisive=False)
        case AnyOf(items):
            return _first(items, context, decisive=True)
        case Not(item):
            return negate(evaluate(item, context))
        case _:
            assert_never(condition)


def leaves(condition: Condition) -> Iterator[Leaf]:
    match condition:
        case Leaf():
            yield condition
        case AllOf(items) | AnyOf(items):
            for item in items:
                yield from leaves(item)
        case Not(item):
            yield from leaves(item)
        case _:
            assert_never(condition)


def parse_condition(raw: object, *, path: str, problems: Problems) -> Condition:
    """The condition, or `ALWAYS` with the reasons added to `problems`."""
    return _Parser(problems).read(raw, path, depth=1) or ALWAYS


def parse_equalities(raw: Mapping[str, object], *, path: str, problems: Problems) -> Condition:
    """Version 0: a flat object of equalities on contact fields."""
    parser = _Parser(problems)
    found = [parser.leaf(name, "eq", value, join(path, name), bare=True) for name, value in raw.items()]
    return AllOf(tuple(leaf for leaf in found if leaf is not None))


def _first(items: tuple[Condition, ...], context: Context, *, decisive: bool) -> Truth:
    """Kleene's all and any: the decisive answer wins, else one unknown makes the whole unknown."""
    outcome: Truth = not decisive
    for item in items:
        answer = evaluate(item, context)
        if answer is decisive:
            return decisive
        if answer is None:
            outcome = None
    return outcome


class _Parser:
    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._leaves = 0

    def read(self, raw: object, path: str, *, depth: int) -> Condition | None:
        if depth > DEEPEST:
            self._problems.add(path, "too_deep", f"Conditions may be nested {DEEPEST} deep at most.")
            return None
        node = read_object(raw, path, self._problems)
        if node is None:
            return None
        for key, what in (("count", "Counting past events"), ("segment", "Segments")):
            if key in node:
                self._problems.later(join(path, key), what)
                return None
        if "all" in node or "any" in node:
            return self._group(node, path, depth)
        if "not" in node:
            check_keys(node, path, self._problems, allowed={"not"})
            item = self.read(node["not"], join(path, "not"), depth=depth + 1)
            return None if item is None else Not(item)
        return self._read_leaf(node, path)

    def _group(self, node: Mapping[str, object], path: str, depth: int) -> Condition | None:
        key = "all" if "all" in node else "any"
        check_keys(node, path, self._problems, allowed={key})
        path = join(path, key)
        raw = node[key]
        if not isinstance(raw, list | tuple) or (key == "any" and not raw):
            detail = "This must be a list of conditions" + (", with at least one." if key == "any" else ".")
            self._problems.add(path, "not_a_list", detail)
            return None
        found = [self.read(item, join(path, index), depth=depth + 1) for index, item in enumerate(raw)]
        items = tuple(item for item in found if item is not None)
        return AllOf(items) if key == "all" else AnyOf(items)

    def _read_leaf(self, node: Mapping[str, object], path: str) -> Leaf | None:
        check_keys(node, path, self._problems, allowed={"field", "op", "value", "fold"})
        name, op = node.get("field"), node.get("op")
        if not isinstance(name, str) or not isinstance(op, str):
            self._problems.add(
                path,
                "not_a_condition",
                'A condition is {"all": […]}, {"any": […]}, {"not": …} or {"field": …, "op": …, "value": …}.',
            )
            return None
        fold = read_flag(node.get("fold", False), join(path, "fold"), self._problems) or False
        missing = object()
        value = node.get("value", missing)
        if value is missing:
            if op in OPERATORS and OPERATORS[op].needs_value:
                self._problems.add(join(path, "value"), "missing", f'"{op}" needs a value to compare with.')
                return None
            value = True
        return self.leaf(name, op, value, path, fold=fold)

    def leaf(
        self, name: str, op: str, value: object, path: str, *, fold: bool = False, bare: bool = False
    ) -> Leaf | None:
        self._leaves += 1
        if self._leaves > MOST_LEAVES:
            if self._leaves == MOST_LEAVES + 1:
                self._problems.add(path, "too_many", f"At most {MOST_LEAVES} conditions are possible.")
            return None
        operator = OPERATORS.get(op)
        try:
            found = find_field(name, bare=bare)
        except UnknownField as wrong:
            self._problems.add(path if bare else join(path, "field"), wrong.code, wrong.detail)
            found = None
        if operator is None:
            self._problems.add(
                join(path, "op"), "unknown_operator", f'There is no operator "{op}".{suggestion(op, OPERATORS)}'
            )
        if operator is None or found is None:
            return None
        if found.kind not in operator.kinds:
            self._problems.add(
                path if bare else join(path, "op"),
                "operator_not_for_field",
                f'"{op}" cannot be used with "{found.name}", which is a {found.kind} field.',
            )
            return None
        try:
            test = operator.prepare(value, found, fold)
        except BadValue as wrong:
            self._problems.add(path if bare else join(path, "value"), "bad_value", str(wrong))
            return None
        return Leaf(field=found, op=op, value=value, fold=fold, test=test)
