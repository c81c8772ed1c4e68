"""Who may do what: every permission, in a sentence, and the roles that have it.

Each route names the one that it needs (`dependencies.requires`); a test walks all routes and holds them to this table.
The scopes of an API key are names of this table, too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    ADMIN = "admin"
    USER = "user"


EVERYBODY = frozenset(Role)
ADMINS = frozenset({Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Permission:
    name: str  # noun:verb
    sentence: str
    roles: frozenset[Role]


PERMISSIONS: Mapping[str, Permission] = {
    permission.name: permission
    for permission in (
        Permission("alerts:read", "See what needs a person.", EVERYBODY),
        Permission("alerts:resolve", "Mark an alert as dealt with.", EVERYBODY),
        Permission("analytics:read", "See what was counted, and export it.", EVERYBODY),
        # No route's own: without it, what is counted of users is one's own.
        Permission("analytics:team", "See what was counted of each user, not of oneself alone.", ADMINS),
        Permission("api_keys:manage", "See and revoke everybody's API keys.", ADMINS),
        Permission("api_keys:own", "Make, see and revoke API keys of one's own.", EVERYBODY),
        Permission("audit_log:read", "See who changed what.", ADMINS),
        Permission("automations:read", "See automations and what they did.", EVERYBODY),
        Permission("automations:run", "Start an automation for contacts of one's choice.", ADMINS),
        Permission("automations:write", "Add, change, publish and delete automations.", ADMINS),
        Permission("channels:manage", "Claim, change, halt and resume business numbers.", ADMINS),
        Permission("channels:read", "See the business numbers.", EVERYBODY),
        Permission("contacts:erase", "Erase contacts with all that they wrote.", ADMINS),
        Permission("contacts:read", "See contacts.", EVERYBODY),
        Permission(
            "contacts:write", "Add, change, merge and deactivate contacts, and say what they agreed to.", EVERYBODY
        ),
        Permission("conversations:read", "See conversations.", EVERYBODY),
        Permission("conversations:write", "Mark conversations as read, assign, close and open them.", EVERYBODY),
        Permission("fields:manage", "Declare custom fields of contacts.", ADMINS),
        Permission("groups:read", "See groups.", EVERYBODY),
        Permission("groups:write", "Add, change and delete groups, and say who is on them.", EVERYBODY),
        Permission("messages:read", "Read messages and the reports about them.", EVERYBODY),
        Permission("messages:send", "Send messages, and send failed ones again.", EVERYBODY),
        Permission("settings:read", "See the settings of the workspace.", EVERYBODY),
        Permission("settings:write", "Change the settings of the workspace.", ADMINS),
        Permission("system:pause", "Pause all automations and all sending, and go on.", ADMINS),
        Permission("system:read", "See how the installation fares.", ADMINS),
        Permission("users:manage", "Add, change and delete users, and reset their passwords.", ADMINS),
        Permission("users:read", "See who else works here.", EVERYBODY),
        Permission("webhook_events:read", "See webhook bodies as WhatsApp sent them.", ADMINS),
        Permission("webhook_events:replay", "Do parked webhook bodies again.", ADMINS),
    )
}


def of_role(role: str) -> frozenset[str]:
    return _BY_ROLE.get(role, frozenset())


def of_key(scopes: Iterable[str], *, role: str) -> frozenset[str]:
    """What a key with these scopes may, of an owner with this role: never more than the owner."""
    return of_role(role).intersection(scopes)


def may_let_in(role: str, *, held: frozenset[str]) -> bool:
    """Whether a key with these permissions may hand out an account of this role: only one that can do no more than the
    key itself, so that no key rises by making or taking over an account."""
    return role != Role.ADMIN and of_role(role) <= held


_BY_ROLE: Mapping[str, frozenset[str]] = {
    role: frozenset(name for name, permission in PERMISSIONS.items() if role in permission.roles) for role in Role
}
