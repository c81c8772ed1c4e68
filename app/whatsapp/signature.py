"""X-Hub-Signature-256: proof that a body is Meta's.

Over the raw bytes: Meta escapes text in its own way, so a body parsed and written again has another signature.
"""

import hmac
from collections.abc import Sequence

PREFIX = b"sha256="


def sign(body: bytes, secret: bytes) -> str:
    return "sha256=" + hmac.digest(secret, body, "sha256").hex()


def is_signed(body: bytes, header: bytes, secrets: Sequence[bytes]) -> bool:
    """Whether one of the secrets signed the body; every secret is tried, in constant time."""
    if not header.startswith(PREFIX):
        return False
    given = header.removeprefix(PREFIX).lower()
    matches = [hmac.compare_digest(hmac.digest(secret, body, "sha256").hex().encode(), given) for secret in secrets]
    return any(matches)
