"""What the people of the team do."""

from app.domain.metrics import Count, Ledger, Metric, MetricType, Unit

USERS = (
    Metric(
        slug="messages_by_users",
        type=MetricType.USER_ACTIVITY,
        title="Messages by users",
        unit=Unit.MESSAGES,
        definition="Messages that users asked to send, by user.",
        measure=Count(ledger=Ledger.OUTBOUND, where='"user" IS NOT NULL'),
        dimensions=("user", "channel"),
    ),
    Metric(
        slug="logins",
        type=MetricType.USER_ACTIVITY,
        title="Logins",
        unit=Unit.LOGINS,
        definition="Logins with the right password, by user.",
        measure=Count(ledger=Ledger.AUDIT, where="action = 'user.logged_in'"),
        dimensions=("user",),
    ),
    Metric(
        slug="logins_failed",
        type=MetricType.USER_ACTIVITY,
        title="Failed logins",
        unit=Unit.LOGINS,
        definition="Logins with a wrong password or of a deactivated user, by user.",
        measure=Count(ledger=Ledger.AUDIT, where="action = 'user.login_failed'"),
        dimensions=("user",),
        is_good=False,
    ),
    Metric(
        slug="changes",
        type=MetricType.USER_ACTIVITY,
        title="Changes",
        unit=Unit.CHANGES,
        definition="Everything else in the audit log: what was added, changed or deleted, by whom and of what kind.",
        measure=Count(ledger=Ledger.AUDIT, where="NOT is_session"),
        dimensions=("user", "subject"),
    ),
)
