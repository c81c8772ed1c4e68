"""The HTTP API, one noun a file. Each router carries its own prefix; `routers` is all of them."""

from fastapi import APIRouter

from app.api import (
    alerts,
    analytics,
    api_keys,
    audit_log,
    auth,
    automation_logs,
    automation_runs,
    automations,
    channels,
    contacts,
    conversations,
    events,
    health,
    messages,
    metrics,
    settings,
    system,
    users,
    webhook_events,
)

routers: list[APIRouter] = [
    auth.router,
    users.router,
    api_keys.router,
    api_keys.of_users,
    audit_log.router,
    contacts.router,
    conversations.router,
    messages.router,
    automations.router,
    automation_runs.router,
    automation_logs.router,
    analytics.router,
    alerts.router,
    channels.router,
    webhook_events.router,
    events.router,
    settings.router,
    system.router,
    health.router,
    metrics.router,
]
