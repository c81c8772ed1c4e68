"""Where e-mail is handed in, and whose it is: what SMTP_URL and SMTP_FROM say."""

from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from urllib.parse import unquote, urlsplit

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class BadMailbox(ValueError):
    """The address of the mail server cannot be used; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    scheme: str
    host: str
    port: int
    user: str | None
    password: str | None
    sender: str

    @property
    def domain(self) -> str:
        return parseaddr(self.sender)[1].rpartition("@")[2]


def parse(url: str, *, sender: str | None) -> Mailbox:
    """`smtp://`, `smtp+starttls://` or `smtps://user:password@host:port`; the sender is the user's address, unless one
    is given."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadMailbox("its port is no number from 0 to 65535") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise BadMailbox("write it as smtps://user:password@host:465 (or smtp+starttls, or smtp)")
    user = unquote(parts.username) if parts.username else None
    name, address = parseaddr(sender or user or "")
    if "@" not in address:
        raise BadMailbox("its user is no e-mail address, so SMTP_FROM must say whom e-mails come from")
    return Mailbox(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        user=user,
        password=unquote(parts.password) if parts.password else None,
        sender=formataddr((name, address)),
    )
