"""The API's own description, held against what it does: whatever is sent, nobody gets a server error, nor an answer
that the description does not tell of.

schemathesis makes requests that fit the description and such that do not; `CI=true` sends 2,000 of them.
"""

import os
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.api.application import create_app
from tests.builders import make_automation, make_contact, make_conversation, make_message

if TYPE_CHECKING:
    from schemathesis import Case

REQUESTS = 2_000 if os.environ.get("CI") else 250
CHECKS = (
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# Answers for as long as somebody listens.
ENDLESS = {"/api/v1/events"}
# What any address may answer, before a route is found for it.
ANYWHERE = {"not_found", "method_not_allowed"}


@cache
def description() -> dict[str, Any]:
    return create_app().openapi()


@pytest.fixture
def ids(session: Session) -> dict[str, Any]:
    """Something to find, by the name of the parameter."""
    conversation = make_conversation(session, make_contact(session, name="Ana"))
    found = {
        "contact_id": conversation.contact_id,
        "conversation_id": str(conversation.id),
        "message_id": make_message(session, conversation).id,
        "automation_id": make_automation(session).id,
        "channel_id": conversation.channel_id,
    }
    session.commit()
    return found


@pytest.mark.long
def test_every_answer_is_one_that_the_description_tells_of(
    ids: dict[str, Any], nobody: TestClient, user: TestClient, admin: TestClient
) -> None:
    import schemathesis  # only the process that has this test spends seconds on it
    from schemathesis import GenerationMode

    operations = sorted(
        (found.ok() for found in schemathesis.openapi.from_dict(description()).get_all_operations()),
        key=lambda operation: operation.path.startswith("/api/v1/auth"),  # last: some of these end the caller's session
    )
    asked = [operation for operation in operations if operation.path not in ENDLESS]
    callers = (nobody, user, admin)
    each = max(1, round(REQUESTS / len(callers) / len(asked)))
    wrong: set[str] = set()

    for operation in asked:
        fitting = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        unfitting = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

        @settings(max_examples=each, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(case=st.one_of(fitting, fitting, unfitting), is_found=st.booleans())
        def send(case: "Case", is_found: bool) -> None:
            if is_found and isinstance(case.path_parameters, dict):
                case.path_parameters.update({name: ids[name] for name in case.path_parameters if name in ids})
            # To make up a request takes twice as long as to answer it.
            wrong.update(fault for client in callers for fault in faults(client, case))

        send()

    assert not wrong


def faults(client: TestClient, case: "Case") -> Iterator[str]:
    from schemathesis.core.failures import FailureGroup
    from schemathesis.specs.openapi import checks

    wanted = case.as_transport_kwargs(base_url=str(client.base_url))
    wanted.pop("cookies", None)
    try:
        answer = client.request(**wanted)
    except (httpx2.InvalidURL, UnicodeError, httpx2.LocalProtocolError):
        return  # nothing that could be sent
    name = f"{case.method} {case.operation.path} {answer.status_code}"
    try:
        case.validate_response(answer, checks=[getattr(checks, name) for name in CHECKS])
    except FailureGroup as group:
        yield from (f"{name}: {type(each).__name__} {each.message[:300]}" for each in group.exceptions)
    if answer.status_code == 500:
        yield f"{name}: {answer.text}"
    elif answer.status_code >= 400 and answer.content:
        operation = description()["paths"][case.operation.path][case.method.lower()]
        told = operation["responses"].get(str(answer.status_code), {}).get("content", {}).get("application/json", {})
        known = ANYWHERE | told.get("examples", {}).keys()
        if answer.json()["error"] not in known:
            yield f"{name}: {answer.json()['error']} is not documented"


def bodies() -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    return [
        (f"{method} {path}", operation, content)
        for path, methods in description()["paths"].items()
        for method, operation in methods.items()
        for kind, content in operation.get("requestBody", {}).get("content", {}).items()
        if kind == "application/json"
    ]


def test_every_body_has_an_example_that_fits_it() -> None:
    bare, unfit = [], []
    for name, _, content in bodies():
        schema = content["schema"]
        named = next(iter(schema.get("anyOf", [schema])))
        model = description()["components"]["schemas"][named["$ref"].rpartition("/")[2]]
        examples = model.get("examples", [])
        bare += [] if examples else [name]
        whole = {"$ref": named["$ref"], "components": description()["components"]}
        unfit += [(name, example) for example in examples if not Draft202012Validator(whole).is_valid(example)]

    assert (bare, unfit) == ([], [])


def test_every_operation_has_a_summary_and_says_how_it_refuses() -> None:
    silent = []
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            for status, response in operation["responses"].items():
                is_refusal = int(status) >= 400 and path.startswith("/api/")
                examples = response.get("content", {}).get("application/json", {}).get("examples")
                if not operation.get("summary") or (is_refusal and not examples):
                    silent.append((method, path, status))

    assert not silent


def test_whatever_sends_or_creates_takes_an_idempotency_key() -> None:
    without = [
        path
        for path, methods in description()["paths"].items()
        if "post" in methods
        and {"201", "202"} & methods["post"]["responses"].keys()
        and not any(each["name"] == "idempotency-key" for each in methods["post"].get("parameters", ()))
    ]

    assert without == []
