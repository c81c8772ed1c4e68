"""E-mail over SMTP, in the two halves that matter: up to DATA nothing has left, after it nobody can be sure.

What fails is told by its evidence, as for WhatsApp: a refusal says that it was not sent, and whether trying again may
help; a connection that breaks in the middle of the data says nothing.
"""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from app.core.mailbox import Mailbox

TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    message_id: str
    to: str
    subject: str
    body: str
    at: datetime


class NotSent(Exception):
    """Proof that the e-mail did not leave. `may_retry`: the fault lies with the moment, not with the e-mail."""

    def __init__(self, reason: str, *, may_retry: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.may_retry = may_retry


class Ambiguous(Exception):
    """The connection broke once the data may have left."""


class Line:
    """A session with the mail server, opened when it is needed and dropped when anything went wrong with it."""

    def __init__(self, mailbox: Mailbox, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._mailbox = mailbox
        self._timeout = timeout
        self._server: smtplib.SMTP | None = None

    def open(self) -> smtplib.SMTP:
        """Raises NotSent when there is none to be had."""
        if self._server is None:
            try:
                self._server = _connect(self._mailbox, self._timeout)
            except smtplib.SMTPAuthenticationError:
                raise NotSent("smtp_login_refused", may_retry=True) from None
            except (OSError, smtplib.SMTPException) as error:
                raise NotSent(f"smtp_unreachable: {type(error).__name__}", may_retry=True) from None
        return self._server

    def drop(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None


def send(server: smtplib.SMTP, mailbox: Mailbox, letter: Letter, *, before_data: Callable[[], bool]) -> bool:
    """Hand one e-mail in. `before_data` is called when the next byte may make it leave; false calls it off."""
    try:
        data = _rendered(mailbox, letter)
        letter.to.encode("ascii")
    except ValueError as error:  # half a character, an address that this protocol has no letters for
        raise NotSent(f"unsendable: {type(error).__name__}", may_retry=False) from None
    try:
        _ask(server.mail(parseaddr(mailbox.sender)[1]))
        _ask(server.rcpt(letter.to))
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"smtp_broke_off: {type(error).__name__}", may_retry=True) from None
    if not before_data():
        return False
    try:
        _ask(server.data(data))
    except smtplib.SMTPDataError as error:
        raise _refused(error.smtp_code) from None
    except (OSError, smtplib.SMTPException) as error:
        raise Ambiguous(type(error).__name__) from None
    return True


def _connect(mailbox: Mailbox, timeout: float) -> smtplib.SMTP:
    if mailbox.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            mailbox.host, mailbox.port, timeout=timeout, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(mailbox.host, mailbox.port, timeout=timeout)
    try:
        if mailbox.scheme == "smtp+starttls":
            server.starttls(context=ssl.create_default_context())
        server.ehlo_or_helo_if_needed()
        if mailbox.user and mailbox.password:
            server.login(mailbox.user, mailbox.password)
    except BaseException:
        server.close()
        raise
    return server


def _ask(answer: tuple[int, bytes]) -> None:
    if not 200 <= answer[0] < 300:
        raise _refused(answer[0])


def _refused(code: int) -> NotSent:
    return NotSent(f"smtp_refused_{code}", may_retry=400 <= code < 500)


def _rendered(mailbox: Mailbox, letter: Letter) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = mailbox.sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body)
    return message.as_bytes()
