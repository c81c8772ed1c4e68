"""The tables, one noun a file."""

from app.models.account import ApiKey, LoginThrottle, RefreshToken
from app.models.alert import Alert
from app.models.analytics import Analytic, AnalyticDelta, AnalyticKept
from app.models.audit_log import AuditEntry
from app.models.automation import Automation, AutomationRun, AutomationStep, AutomationVersion
from app.models.automation_log import AutomationLog
from app.models.base import Base
from app.models.channel import Channel
from app.models.contact import Consent, Contact, ContactIdentity, ContactMerge, MergedByHand, SharedNumber
from app.models.contact_field import ContactField
from app.models.contact_import import ContactImport
from app.models.conversation import Conversation
from app.models.effect import Effect
from app.models.group import ContactGroup, Group
from app.models.idempotency_key import IdempotencyKey
from app.models.lane import IntakeSpan, Lane
from app.models.message import Message, MessageEvent, SendAttempt
from app.models.process import Counter, RunningProcess
from app.models.schedule import Schedule, Start, ZoneChange
from app.models.settings import Workspace
from app.models.user import User
from app.models.webhook_event import WebhookEvent

__all__ = [
    "Alert",
    "Analytic",
    "AnalyticDelta",
    "AnalyticKept",
    "ApiKey",
    "AuditEntry",
    "Automation",
    "AutomationLog",
    "AutomationRun",
    "AutomationStep",
    "AutomationVersion",
    "Base",
    "Channel",
    "Consent",
    "Contact",
    "ContactField",
    "ContactGroup",
    "ContactIdentity",
    "ContactImport",
    "ContactMerge",
    "Conversation",
    "Counter",
    "Effect",
    "Group",
    "IdempotencyKey",
    "IntakeSpan",
    "Lane",
    "LoginThrottle",
    "MergedByHand",
    "Message",
    "MessageEvent",
    "RefreshToken",
    "RunningProcess",
    "Schedule",
    "SendAttempt",
    "SharedNumber",
    "Start",
    "User",
    "WebhookEvent",
    "Workspace",
    "ZoneChange",
]
