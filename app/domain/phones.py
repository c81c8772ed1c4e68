"""One name for one subscriber, however the number was written.

WhatsApp's ids are not E.164: Mexican ids carry a 1 that the number plan dropped, Argentinian ones a mobile 9, and old
Brazilian ones lack the mobile 9. The canonical form is a key to compare by, never an address: send to what Meta last
called the person (`wa_id_to_send`).
"""

import re
import unicodedata
from functools import lru_cache

import phonenumbers

NO_PHONE = "This is not a phone number. Write it with its country, as in +52 55 1234 5678."

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")  # copied along from address books
_WRITING = re.compile(r"\+?[\d\s().\-/\u2010-\u2015]+")
_SHORTEST, _LONGEST = 5, 20

_MEXICO_PREFIXED = re.compile(r"52(?:1|01|04[45])(\d{10})")
_ARGENTINA_MOBILE = re.compile(r"549(\d{10})")
_BRAZIL_OLD_MOBILE = re.compile(r"55(\d\d)([6-9]\d{7})")  # landlines begin 2 to 5
_BRAZIL_MOBILE = re.compile(r"55(\d\d)9([6-9]\d{7})")


def canonical(value: str, *, region: str | None = None) -> str | None:
    """`+digits`, equal for every writing of one subscriber; `None` when the text is no phone number.

    `region` (two letters) is the country of a number written without one; never give it for a wa_id. Every wa_id has a
    canonical form: digits that no number plan knows (test numbers) stay as they are.
    """
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", value)).strip()
    if not _WRITING.fullmatch(text):
        return None
    digits = phonenumbers.normalize_digits_only(text)
    if not _SHORTEST <= len(digits) <= _LONGEST:
        return None
    if text.startswith("+"):
        return _known(digits) or f"+{digits}"
    if region is not None and (local := _parse(digits, region)) and (found := _known(_digits_of(local))):
        return found
    if digits.startswith("00") and (found := _known(digits[2:])):
        return found
    return _known(digits) or f"+{digits}"


def variants(number: str) -> tuple[str, ...]:
    """The digits under which this subscriber may appear as a wa_id, the canonical ones first."""
    key = canonical(number)
    if key is None:
        return ()
    digits = key[1:]
    others = []
    if digits.startswith("52"):
        others.append(f"521{digits[2:]}")
    elif digits.startswith("54"):
        others.append(f"549{digits[2:]}")
    elif brazilian := _BRAZIL_MOBILE.fullmatch(digits):
        others.append("55" + "".join(brazilian.groups()))
    return (digits, *(other for other in others if canonical(other) == key))


def wa_id_to_send(wa_id: str) -> str:
    """Meta's `to`, with the plus that keeps it from prepending the business's own country code."""
    return "+" + phonenumbers.normalize_digits_only(wa_id)


def mask(value: str) -> str:
    """What a log line may say of a number: its last two digits."""
    digits = phonenumbers.normalize_digits_only(value)
    return "***" + digits[-2:] if len(digits) >= _SHORTEST else "***"


@lru_cache(maxsize=16_384)  # parsing takes 31 µs, and a busy number hears from the same people again and again
def _known(digits: str) -> str | None:
    """The canonical form of international digits, or `None` where no number plan knows them."""
    number = _parse(f"+{digits}")
    if number is None:
        return None
    plain = _digits_of(number)
    for candidate in (_unified(plain), plain):
        read = number if candidate == digits else _parse(f"+{candidate}")
        # What the parser would shorten again ("+49 00 …") is no fixed point, so it is nobody's canonical form.
        if read is not None and _digits_of(read) == candidate and phonenumbers.is_valid_number(read):
            return f"+{candidate}"
    return None


def _unified(digits: str) -> str:
    if mexican := _MEXICO_PREFIXED.fullmatch(digits):
        return f"52{mexican[1]}"
    # Argentina hands out each ten-digit number once, to a landline or to a mobile, from the same ranges; the 9 only
    # says how to dial it. Dropping it joins both writings and makes no landline a mobile.
    if argentinian := _ARGENTINA_MOBILE.fullmatch(digits):
        return f"54{argentinian[1]}"
    if brazilian := _BRAZIL_OLD_MOBILE.fullmatch(digits):
        return f"55{brazilian[1]}9{brazilian[2]}"
    return digits


def _parse(text: str, region: str | None = None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def _digits_of(number: phonenumbers.PhoneNumber) -> str:
    """Country code and national number, without trunk prefixes."""
    return f"{number.country_code}{phonenumbers.national_significant_number(number)}"
