"""Message ids that look like WhatsApp's: opaque, `wamid.` and base64. Nobody may read anything from them."""

import base64
import secrets


def make(user: str, *, is_inbound: bool) -> str:
    """`user` is whatever id of the person a webhook may show; it is inside, as it is in real ones."""
    name = user.encode()[:255]
    key = secrets.token_hex(10 if is_inbound else 9).upper().encode()
    head = b"\x1c\x18" + bytes([len(name)]) + name + b"\x15\x02\x00"
    return (
        "wamid."
        + base64.b64encode(head + (b"\x12\x18\x14" if is_inbound else b"\x11\x18\x12") + key + b"\x00").decode()
    )
