"""`messages.move` is the only code that changes a message's status or dispatch."""

import ast

import pytest

from tests.floors.moves import births, changes, columns_set, relative, users_of
from tests.floors.source import ROOT, modules

HOME = "app/services/messages.py"

APP = {relative(path, ROOT): tree for _, path, tree in modules("app")}


def test_no_other_module_changes_status_or_dispatch():
    found = [
        f"{path}:{line} {reason}" for path, tree in APP.items() if path != HOME for line, reason in changes(tree, path)
    ]

    assert not found


def test_no_other_module_makes_messages():
    found = [f"{path}:{line} {reason}" for path, tree in APP.items() if path != HOME for line, reason in births(tree)]

    assert not found


def test_in_their_home_only_move_changes_them():
    tree = APP[HOME]
    changing = {line for line, _ in changes(tree, HOME)}

    statements = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and node.value.lineno in changing
        for target in node.targets
        if isinstance(target, ast.Name)
    }

    assert statements
    assert len(statements) == len(changing), "a change outside of a named statement"
    assert {user for name in statements for user in users_of(tree, name)} == {"move"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE messages SET status = 'sent'",
        "update only messages as m set attempt = 1, dispatch = 'done' where m.id = 1",
        "WITH v AS (SELECT 1) UPDATE messages SET (attempt, status) = (1, 'sent') FROM v",
        "UPDATE messages SET due_at = CASE WHEN a THEN b ELSE c END, dispatch = 'queued'",
        "INSERT INTO messages (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET status = 'sent'",
        "MERGE INTO messages USING v ON v.id = messages.id WHEN MATCHED THEN UPDATE SET status = 'sent'",
    ],
)
def test_a_statement_that_changes_them_is_found(statement):
    assert columns_set(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE messages SET contact_id = 2 WHERE status = 'pending' AND dispatch = 'queued'",
        "UPDATE messages SET gates = NULL FROM v WHERE messages.status = v.status",
        "UPDATE message_events SET status = 'sent'",
        "UPDATE channels SET state = 'active'; SELECT 1 FROM messages WHERE status = 'sent'",
        "INSERT INTO messages (status) VALUES ('pending') ON CONFLICT DO NOTHING",
    ],
)
def test_a_statement_that_only_looks_at_them_is_not(statement):
    assert not columns_set(statement)


@pytest.mark.parametrize(
    "code",
    [
        "message.status = 'sent'",
        "message.dispatch, other = 'done', 1",
        "session.execute(update(Message).where(x).values(status='sent'))",
        "session.execute(update(models.Message).values({'dispatch': 'done'}))",
        "session.execute(update(Message).values(**columns))",
        "session.execute(update(Message), [{'id': 1, 'status': 'sent'}])",
        "session.bulk_update_mappings(Message, rows)",
        "setattr(message, 'status', 'sent')",
        "text(f'UPDATE messages SET status = {x}')",
    ],
)
def test_code_that_changes_them_is_found(code):
    assert list(changes(ast.parse(code), "app/services/somewhere.py"))


@pytest.mark.parametrize(
    "code", ["Message(status='pending')", "insert(Message)", "text('INSERT INTO messages (id) VALUES (1)')"]
)
def test_code_that_makes_messages_is_found(code):
    assert list(births(ast.parse(code)))
