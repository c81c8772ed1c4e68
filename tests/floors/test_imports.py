"""Imports point down: the floors of ARCHITECTURE.md, each of which knows only those below it."""

import sys
from collections.abc import Callable

from tests.floors.source import imports, modules

# From the bottom up; modules of one floor may know one another.
FLOORS = (
    ("app.core",),
    ("app.domain",),
    ("app.models", "app.database", "app.whatsapp", "app.connectors"),
    ("app.services",),
    ("app.dependencies",),
    ("app.api", "app.tasks", "app.cli"),
    ("app.embedded",),
    ("app.main", "app.__main__"),
)
ENTRANCES = ("app.api", "app.tasks", "app.cli")

# What is pure, and may therefore be used where rules are.
PURE_LIBRARIES = {"cronsim", "dateutil", "pydantic", "phonenumbers", "re2"}

BESIDE = {"app", "simulator", "tests", "migrations", "benchmarks"}


def floor_of(module: str) -> int | None:
    """None for what is not ours, and for the package `app` itself, which holds nothing."""
    for height, members in enumerate(FLOORS):
        if any(is_in(module, member) for member in members):
            return height
    assert not module.startswith("app."), f"{module} stands on no floor"
    return None


def entrance_of(module: str) -> str | None:
    return next((each for each in ENTRANCES if is_in(module, each)), None)


def is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def found(package: str, is_wrong: Callable[[str, str], bool]) -> list[str]:
    """The imports of a package that are wrong, judged by (importing module, imported name)."""
    return [
        f"{name}, line {line}, imports {imported}"
        for name, path, tree in modules(package)
        for line, imported in imports(name, path, tree)
        if is_wrong(name, imported)
    ]


def test_imports_point_down():
    def is_upward(module: str, imported: str) -> bool:
        height, other = floor_of(module), floor_of(imported)
        return height is not None and other is not None and other > height

    upward = found("app", is_upward)

    assert not upward


def test_entrances_do_not_know_one_another():
    def is_crossing(module: str, imported: str) -> bool:
        return entrance_of(module) is not None and entrance_of(imported) not in {None, entrance_of(module)}

    crossing = found("app", is_crossing)

    assert not crossing


def test_rules_import_nothing_that_does_things():
    def is_impure(module: str, imported: str) -> bool:
        root = imported.split(".")[0]
        return not (is_in(imported, "app.domain") or root in sys.stdlib_module_names or root in PURE_LIBRARIES)

    impure = found("app/domain", is_impure)

    assert not impure


def test_app_and_simulator_know_nothing_of_one_another_nor_of_what_is_beside_them():
    def is_strange(module: str, imported: str) -> bool:
        return imported.split(".")[0] in BESIDE - {module.split(".")[0]}

    strange = found("app", is_strange) + found("simulator", is_strange)

    assert not strange


def test_what_is_looked_at_is_there():
    assert found("app/domain", lambda *_: True)
    assert found("app/services", lambda *_: True)
    assert found("simulator", lambda *_: True)
