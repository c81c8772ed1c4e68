"""Webhook bodies in Meta's shape, by the hundred thousand: people, numbers and wamids are all distinct.

Written by hand instead of by a JSON library, so that making them costs less than taking them in.
"""

import random
from collections.abc import Iterable
from pathlib import Path
from time import time

from app.whatsapp.signature import sign

PATH = "/webhooks/whatsapp"
WABA_ID = "102290129340398"
APP_SECRET = "the-app-secret-of-the-benchmark"

FIRST_NUMBER = 106_540_352_000_000

# What people say. None of it holds a keyword, so nothing is answered.
SMALL_TALK = (
    "Buenas, sigo esperando el pedido del otro dia, me pueden decir algo?",
    "Muchas gracias, lo recibi ayer por la tarde y todo perfecto",
    "A que hora abren manana? Paso a recogerlo con mi hermana",
    "Vale, entonces lo dejamos para la semana que viene",
    "Me lo puede enviar a la misma direccion de siempre, por favor",
)

_dice = random.Random()


def phone_number_id(channel: int) -> str:
    """Of the channel with this number, counted from 1."""
    return str(FIRST_NUMBER + channel)


def channel_of_number(phone_number_id: str) -> int:
    return int(phone_number_id) - FIRST_NUMBER


def display_number(channel: int) -> str:
    return str(15_550_780_000 + channel)


def wa_id(person: int) -> str:
    """A Spanish mobile number: every wa_id must be one that a number plan knows, as parsing it has its price."""
    return f"346{person:08}"


def bsuid(person: int) -> str:
    return f"ES.{13_491_208_655_302_741_918 + person}"


def keyword(automation: int) -> str:
    return f"oferta{automation:03}"


def new_wamid() -> str:
    return f"wamid.HBgLMzQ2{_dice.getrandbits(128):032X}AA=="


def text_body(
    *, person: int, channel: int, text: str | None = None, wamid: str | None = None, at: float | None = None
) -> bytes:
    """A text message of a known person; without `text` some small talk."""
    number, user = wa_id(person), bsuid(person)
    said = text or SMALL_TALK[person % len(SMALL_TALK)]
    return _body(
        channel,
        f'"contacts":[{{"profile":{{"name":"Persona {person}"}},"wa_id":"{number}","user_id":"{user}"}}],'
        f'"messages":[{{"from":"{number}","from_user_id":"{user}","id":"{wamid or new_wamid()}",'
        f'"timestamp":"{int(at or time())}","text":{{"body":"{said}"}},"type":"text"}}]',
    )


def status_body(*, wamid: str, kind: str, recipient: str, channel: int, at: float | None = None) -> bytes:
    return _body(
        channel,
        f'"statuses":[{{"id":"{wamid}","status":"{kind}","timestamp":"{int(at or time())}",'
        f'"recipient_id":"{recipient}","pricing":{{"billable":false,"pricing_model":"PMP","category":"service",'
        f'"type":"free_customer_service"}}}}]',
    )


def _body(channel: int, inner: str) -> bytes:
    return (
        f'{{"object":"whatsapp_business_account","entry":[{{"id":"{WABA_ID}","changes":[{{"value":'
        f'{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"{display_number(channel)}",'
        f'"phone_number_id":"{phone_number_id(channel)}"}},{inner}}},"field":"messages"}}]}}]}}'
    ).encode()


def request(body: bytes, *, host: str) -> bytes:
    """The whole signed POST, as it goes over the wire."""
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"X-Hub-Signature-256: {sign(body, APP_SECRET.encode())}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def write_requests(path: Path, bodies: Iterable[bytes], *, host: str) -> int:
    """A file for the generators: each request after its length in six digits. Returns how many."""
    count = 0
    with path.open("wb") as file:
        for body in bodies:
            whole = request(body, host=host)
            file.write(b"%06d" % len(whole) + whole)
            count += 1
    return count


def read_requests(path: Path) -> list[bytes]:
    raw = path.read_bytes()
    requests, place = [], 0
    while place < len(raw):
        size = int(raw[place : place + 6])
        requests.append(raw[place + 6 : place + 6 + size])
        place += 6 + size
    return requests
