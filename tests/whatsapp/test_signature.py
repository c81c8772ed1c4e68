import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.whatsapp.signature import is_signed, sign

SECRET = b"test_app_secret"
COMPACT = b'{"object":"whatsapp_business_account","entry":[]}'
SPACED = b'{"object": "whatsapp_business_account", "entry": []}'
COMPACT_HEX = "dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756"
SPACED_HEX = "56cbbaf4961c6cfdae48b7f116c047e5eb513d2c931baae63a2bc1afd26f803a"


# The vectors of cloud-api.md 4.2: two writings of one document have two signatures.
@pytest.mark.parametrize(("body", "hexadecimal"), [(COMPACT, COMPACT_HEX), (SPACED, SPACED_HEX)])
def test_it_is_over_the_bytes_as_they_came(body: bytes, hexadecimal: str) -> None:
    assert sign(body, SECRET) == f"sha256={hexadecimal}"
    assert is_signed(body, f"sha256={hexadecimal}".encode(), [SECRET])


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"sha256=",
        COMPACT_HEX.encode(),
        b"sha1=" + COMPACT_HEX.encode(),
        b"sha256=" + SPACED_HEX.encode(),
        b"sha256=" + COMPACT_HEX.encode()[:-1],
        b"sha256=" + COMPACT_HEX.encode() + b"0",
        b"sha256=" + COMPACT_HEX.encode()[:-1] + b"\xff",
        "sha256=é".encode(),
    ],
)
def test_no_other_header_will_do(header: bytes) -> None:
    assert not is_signed(COMPACT, header, [SECRET])


def test_while_secrets_are_rotated_either_will_do() -> None:
    header = sign(COMPACT, SECRET).encode()

    assert is_signed(COMPACT, header, [b"the new one", SECRET])
    assert is_signed(COMPACT, header, [SECRET, b"the old one"])
    assert not is_signed(COMPACT, header, [b"the new one", b"the old one"])


def test_without_a_secret_nothing_is_signed() -> None:
    assert not is_signed(COMPACT, sign(COMPACT, b"").encode(), [])


@given(body=st.binary(), header=st.binary(max_size=100))
def test_any_bytes_are_an_answer_and_no_error(body: bytes, header: bytes) -> None:
    assert not is_signed(body, header, [SECRET]) or header.lower() == sign(body, SECRET).encode()
