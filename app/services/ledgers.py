"""The ledgers that metrics are counted from: which rows of a span of time there are, and what each says.

A row's moment never depends on when we heard of it: a report that comes late changes the minute of its message. What is
noted as changed (triggers of `database_schema.sql`) carries the same names.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.failures import CODES, FAMILIES, FailureClass
from app.domain.metrics import Ledger


@dataclass(frozen=True, slots=True)
class Source:
    """`facts` selects the rows of `spans` with `at` and what metrics ask for; `moments` all moments of the ledger."""

    facts: str
    moments: str


# Kinds that may become values of a dimension. Whoever sends a webhook could write anything.
MESSAGE_TYPES = (
    "text", "image", "document", "audio", "video", "sticker", "template", "interactive", "button", "location",
    "contacts", "reaction", "order", "system", "edit", "revoke", "unsupported",
)  # fmt: skip
CATEGORIES = ("service", "utility", "authentication", "marketing")


def one_of(column: str, known: tuple[str, ...]) -> str:
    words = ", ".join(f"'{word}'" for word in known)
    return f"CASE WHEN {column} IN ({words}) THEN {column} ELSE 'other' END"


def milliseconds(since: str, until: str) -> str:
    """Never negative: Meta's clock counts whole seconds. Null where either moment is."""
    took = f"round(EXTRACT(epoch FROM {until} - {since}) * 1000)::bigint"
    return f"CASE WHEN {until} < {since} THEN 0 ELSE {took} END"


def error_class(code: str) -> str:
    """What `domain.failures` makes of a code, as SQL."""
    of_class: dict[FailureClass, list[int]] = {}
    for number, failure in CODES.items():
        of_class.setdefault(failure.kind, []).append(number)
    cases = [f"WHEN {code} IN ({', '.join(map(str, numbers))}) THEN '{kind}'" for kind, numbers in of_class.items()]
    cases += [f"WHEN {code} >= {r.start} AND {code} < {r.stop} THEN '{failure.kind}'" for r, failure in FAMILIES]
    return f"CASE {' '.join(cases)} ELSE '{FailureClass.UNKNOWN}' END"


# A failure of our own has no code but a reason of ours: a word, never what anybody wrote.
FAILED_AS = f"""
    CASE WHEN m.error_code IS NOT NULL THEN {error_class("m.error_code")}
         WHEN m.error_source = 'ours' AND m.error_message ~ '^[a-z_]{{1,40}}$' THEN m.error_message
         ELSE '{FailureClass.UNKNOWN}' END
"""

OUTBOUND = f"""
    SELECT m.happened_at AS at, m.channel_id::text AS channel, r.automation_id::text AS automation,
        {one_of("m.category", CATEGORIES)} AS category, {one_of("m.message_type", MESSAGE_TYPES)} AS kind,
        left(m.content #>> '{{template,name}}', 100) AS template, m.origin, m.created_by::text AS "user",
        COALESCE(m.sent_at, m.delivered_at, m.read_at) IS NOT NULL AS is_sent,
        COALESCE(m.delivered_at, m.read_at) IS NOT NULL AS is_delivered,
        m.read_at IS NOT NULL AS is_read, m.status = 'failed' AS is_failed,
        CASE WHEN m.status = 'failed' THEN {FAILED_AS} END AS error_class,
        {milliseconds("m.happened_at", "m.sent_at")} AS to_sent,
        {milliseconds("m.happened_at", "m.delivered_at")} AS to_delivered,
        {milliseconds("m.happened_at", "m.read_at")} AS to_read
    FROM spans s JOIN messages m ON m.happened_at >= s.starts_at AND m.happened_at < s.ends_at
    LEFT JOIN automation_runs r ON r.id = m.run_id
    WHERE m.direction = 'outbound'
"""  # noqa: S608 - ours

# Not `= 'inbound'`: the planner would then read the whole unique index of inbound messages to be surer of a minute.
IS_INBOUND = "m.direction <> 'outbound'"

INBOUND = f"""
    SELECT m.happened_at AS at, m.contact_id, m.channel_id::text AS channel,
        {one_of("m.message_type", MESSAGE_TYPES)} AS kind,
        to_char(m.happened_at AT TIME ZONE :zone, 'ID') AS weekday,
        to_char(m.happened_at AT TIME ZONE :zone, 'HH24') AS hour
    FROM spans s JOIN messages m ON m.happened_at >= s.starts_at AND m.happened_at < s.ends_at
    WHERE {IS_INBOUND}
"""  # noqa: S608 - ours

# A turn begins with what a person writes after an answer, or first of all; the next message of ours answers it.
ANSWERS = f"""
    SELECT m.happened_at AS at, m.channel_id::text AS channel, a.origin AS answered_by,
        a.happened_at IS NOT NULL AS is_answered, {milliseconds("m.happened_at", "a.happened_at")} AS to_answer
    FROM spans s JOIN messages m ON m.happened_at >= s.starts_at AND m.happened_at < s.ends_at
    LEFT JOIN LATERAL (
        SELECT p.direction FROM messages p
        WHERE p.conversation_id = m.conversation_id AND (p.happened_at, p.id) < (m.happened_at, m.id)
          AND takes_turn(p.message_type) ORDER BY p.happened_at DESC, p.id DESC LIMIT 1
    ) AS before ON true
    LEFT JOIN LATERAL (
        SELECT o.happened_at, o.origin FROM messages o
        WHERE o.conversation_id = m.conversation_id AND (o.happened_at, o.id) > (m.happened_at, m.id)
          AND o.direction = 'outbound' AND takes_turn(o.message_type) ORDER BY o.happened_at, o.id LIMIT 1
    ) AS a ON true
    WHERE {IS_INBOUND} AND takes_turn(m.message_type) AND before.direction IS DISTINCT FROM 'inbound'
"""  # noqa: S608 - ours

RUNS = """
    SELECT r.started_at AS at, r.automation_id::text AS automation
    FROM spans s JOIN automation_runs r ON r.started_at >= s.starts_at AND r.started_at < s.ends_at
"""

# A day of refusals is one row whose executed_at is the last of them.
LOGS = f"""
    SELECT logged_at(l.executed_at, l.refused_on) AS at, l.automation_id::text AS automation,
        l.execution_status AS status, l.refused_reason AS reason, l.contacts_affected,
        CASE WHEN l.refused_reason IS NULL THEN round(l.execution_time * 1000)::bigint END AS at_work,
        {milliseconds("r.started_at", "l.executed_at")} AS to_end
    FROM spans s
    JOIN automation_logs l ON l.executed_at >= s.starts_at - interval '1 day'
         AND l.executed_at < s.ends_at + interval '1 day'
         AND logged_at(l.executed_at, l.refused_on) >= s.starts_at
         AND logged_at(l.executed_at, l.refused_on) < s.ends_at
    LEFT JOIN automation_runs r ON r.id = l.run_id
"""  # noqa: S608 - ours

CONTACTS = """
    SELECT c.created_at AS at, CASE WHEN c.created_by IS NULL THEN 'whatsapp' ELSE 'team' END AS source
    FROM spans s JOIN contacts c ON c.created_at >= s.starts_at AND c.created_at < s.ends_at
"""

ATTEMPTS = f"""
    SELECT a.claimed_at AS at, a.channel_id::text AS channel, COALESCE(a.outcome, 'open') AS outcome, a.attempt,
        CASE WHEN a.error_code IS NOT NULL THEN {error_class("a.error_code")} END AS error_class,
        CASE WHEN a.settled_by = 'answer' THEN {milliseconds("a.claimed_at", "a.settled_at")} END AS to_answer
    FROM spans s JOIN send_attempts a ON a.claimed_at >= s.starts_at AND a.claimed_at < s.ends_at
"""  # noqa: S608 - ours

BODIES = f"""
    SELECT e.processed_at AS at, e.lane, e.items_done, e.parked <> '{{}}' AS is_parked,
        {milliseconds("e.received_at", "e.processed_at")} AS to_done
    FROM spans s JOIN webhook_events e ON e.processed_at >= s.starts_at AND e.processed_at < s.ends_at
"""  # noqa: S608 - ours

# What machines do by themselves is not in the audit log.
AUDIT = """
    SELECT e.at, e.actor_id::text AS "user", e.action, e.subject_kind AS subject,
        e.action IN ('user.logged_in', 'user.login_failed', 'user.logged_out', 'session.ended') AS is_session
    FROM spans s JOIN audit_log e ON e.at >= s.starts_at AND e.at < s.ends_at
"""

SOURCES: Mapping[Ledger, Source] = {
    Ledger.OUTBOUND: Source(OUTBOUND, "SELECT happened_at AS at FROM messages WHERE direction = 'outbound'"),
    Ledger.INBOUND: Source(INBOUND, "SELECT happened_at AS at FROM messages WHERE direction = 'inbound'"),
    Ledger.ANSWERS: Source(ANSWERS, "SELECT happened_at AS at FROM messages WHERE direction = 'inbound'"),
    Ledger.RUNS: Source(RUNS, "SELECT started_at AS at FROM automation_runs"),
    Ledger.LOGS: Source(LOGS, "SELECT logged_at(executed_at, refused_on) AS at FROM automation_logs"),
    Ledger.CONTACTS: Source(CONTACTS, "SELECT created_at AS at FROM contacts"),
    Ledger.ATTEMPTS: Source(ATTEMPTS, "SELECT claimed_at AS at FROM send_attempts"),
    Ledger.AUDIT: Source(AUDIT, "SELECT at FROM audit_log"),
    Ledger.BODIES: Source(BODIES, "SELECT processed_at AS at FROM webhook_events WHERE processed_at IS NOT NULL"),
}
