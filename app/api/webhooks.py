"""Meta's webhook: a raw ASGI endpoint in front of everything else.

It checks the signature over the raw bytes and has the body stored; nothing is parsed here. A body that is signed is
never refused for what it says: a 4xx would make Meta repeat it for a week and then drop it.
"""

import hmac
from urllib.parse import parse_qs

import orjson
import structlog
from starlette.types import Receive, Scope, Send

from app.api.arriving import Arriving, Gone, TooLarge, TooMany, TooSlow
from app.api.request_ids import REQUEST_ID, request_id_of
from app.core import measures
from app.core.config import Settings
from app.services.intake import Intake, NotStored
from app.whatsapp.signature import is_signed

log = structlog.get_logger()

PATH = "/webhooks/whatsapp"
LARGEST_BODY = 4 * 1024 * 1024  # Meta's own limit is 3 MB
# What Intake says, in the words of a label; whatever else it says is a kind of error of the database.
REASONS = {
    "the queue is full": "queue_full",
    "the database did not answer in time": "time_out",
    "stopping": "stopping",
}


class WebhookGate:
    def __init__(self, settings: Settings, intake: Intake) -> None:
        self._secrets = settings.app_secrets()
        self._verify_token = settings.webhook_verify_token.get_secret_value()
        self._intake = intake
        self._arriving = Arriving(largest=LARGEST_BODY, together=settings.webhook_arriving_bytes)

    @property
    def is_alive(self) -> bool:
        return self._intake.is_alive

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = request_id_of(scope)
        if scope["method"] == "POST":
            status, answer = await self._take_in(scope, receive, request_id)
        elif scope["method"] in ("GET", "HEAD"):
            status, answer = self._shake_hands(scope)
        else:
            status, answer = 405, _error("method_not_allowed", "Use GET for the handshake and POST for webhooks.")
        await _answer(scope, send, status, answer, request_id)

    async def _take_in(self, scope: Scope, receive: Receive, request_id: bytes) -> tuple[int, bytes]:
        if not self._secrets:
            return _refusal(503, "app_secret_missing", "WHATSAPP_APP_SECRET is not set, so no webhook can be checked.")
        headers = dict(scope["headers"])
        try:
            body = await self._arriving.read(headers, receive)
        except TooLarge:
            return _refusal(413, "body_too_large", "A webhook body may have 4 MiB at most.")
        except TooMany:
            return _refusal(503, "overloaded", "Too many large bodies arrive at this moment. Send it again.")
        except (TooSlow, Gone):
            return _refusal(408, "body_too_slow", "The body took too long to arrive.")
        if not is_signed(body, headers.get(b"x-hub-signature-256", b""), self._secrets):
            return _refusal(401, "bad_signature", "X-Hub-Signature-256 is missing or does not fit the body.")
        try:
            await self._intake.store(body)
        except NotStored as reason:
            log.warning("webhook_not_stored", reason=str(reason), request_id=request_id.decode())
            measures.REFUSED.add(reason=REASONS.get(str(reason), "database"))
            return 503, _error("not_stored", "The body could not be stored. Send it again.")
        return 200, b'{"status":"stored"}'

    def _shake_hands(self, scope: Scope) -> tuple[int, bytes]:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        mode, token, challenge = (query.get(f"hub.{name}", [""])[0] for name in ("mode", "verify_token", "challenge"))
        is_known = bool(self._verify_token) and hmac.compare_digest(token.encode(), self._verify_token.encode())
        if mode != "subscribe" or not is_known:
            return 403, _error("bad_verify_token", "hub.verify_token is not the one that this installation expects.")
        return 200, challenge.encode()


def _refusal(status: int, code: str, detail: str) -> tuple[int, bytes]:
    measures.REFUSED.add(reason=code)
    return status, _error(code, detail)


def _error(code: str, detail: str) -> bytes:
    return orjson.dumps({"error": code, "detail": detail})


async def _answer(scope: Scope, send: Send, status: int, body: bytes, request_id: bytes) -> None:
    is_json = body.startswith(b"{")
    headers = [
        (b"content-type", b"application/json" if is_json else b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        (REQUEST_ID, request_id),
    ]
    if status == 503:
        headers.append((b"retry-after", b"1"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
