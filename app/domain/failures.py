"""What an error code of the Graph API means for a sender.

By code, never by text or HTTP status: Meta answers the same throttle with 400 and with 429. Any code at all proves that
the message was not accepted; only the absence of one (`None`) is ambiguous.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class FailureClass(StrEnum):
    THROTTLED = "throttled"
    TRANSIENT = "transient"
    AMBIGUOUS = "ambiguous"
    RECIPIENT = "recipient"
    OPT_OUT = "opt_out"
    ECOSYSTEM = "ecosystem"
    QUALITY = "quality"
    WINDOW = "window"
    CONFIGURATION = "configuration"
    ACCOUNT = "account"
    PAUSED_TEMPLATE = "paused_template"
    MAINTENANCE = "maintenance"
    PAIR = "pair"
    UNKNOWN = "unknown"


class Scope(StrEnum):
    """What stands still, with one alert, until the cause is mended: one alert, not ten thousand failures."""

    CHANNEL = "channel"
    TEMPLATE = "template"


class Advice(StrEnum):
    """Meta's own column "retry?"."""

    NEVER = "N"
    TRANSIENT = "T"
    WAIT = "W"
    FIX = "F"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """`wait_seconds` is the least wait of an advice to wait; `tries` counts the first send too."""

    kind: FailureClass
    advice: Advice
    wait_seconds: float = 0
    tries: int = 5
    halts: Scope | None = None


def classify(code: int | None, *, subcode: int | None = None) -> Failure:
    """`None` is an answer without a readable Graph code."""
    if code is None:
        return _AMBIGUOUS
    if code == 100 and subcode == 33:
        return CODES[33]
    if code in CODES:
        return CODES[code]
    return next((failure for codes, failure in FAMILIES if code in codes), _UNKNOWN)


def scope_halted(code: int | None, *, subcode: int | None = None) -> Scope | None:
    return classify(code, subcode=subcode).halts


_MINUTE, _HOUR = 60, 3600


def _failure(
    kind: FailureClass,
    advice: Advice,
    *,
    wait: float = 0,
    tries: int = 5,
    halts: Scope | None = None,
) -> Failure:
    return Failure(kind=kind, advice=advice, wait_seconds=wait, tries=tries, halts=halts)


_AMBIGUOUS = _failure(FailureClass.AMBIGUOUS, Advice.NEVER)
# Not in Meta's list: it was an answer of the Graph API, so nothing was sent, and repeating what nobody understands
# helps nobody. The message fails visibly; the channel goes on.
_UNKNOWN = _failure(FailureClass.UNKNOWN, Advice.NEVER)
_TRANSIENT = _failure(FailureClass.TRANSIENT, Advice.TRANSIENT)
_RARELY_TRANSIENT = _failure(FailureClass.TRANSIENT, Advice.TRANSIENT, tries=3)
_RECIPIENT = _failure(FailureClass.RECIPIENT, Advice.NEVER)
_CONFIGURATION = _failure(FailureClass.CONFIGURATION, Advice.FIX)
_TEMPLATE = _failure(FailureClass.CONFIGURATION, Advice.FIX, halts=Scope.TEMPLATE)
_ACCOUNT = _failure(FailureClass.ACCOUNT, Advice.FIX, halts=Scope.CHANNEL)


def _throttled(seconds: float) -> Failure:
    return _failure(FailureClass.THROTTLED, Advice.WAIT, wait=seconds)


def _maintenance(seconds: float) -> Failure:
    return _failure(FailureClass.MAINTENANCE, Advice.WAIT, wait=seconds)


_ROWS: tuple[tuple[Iterable[int], Failure], ...] = (
    # The number, its token or its account: nothing leaves until a person mends it.
    ((0, 104, 190, 2500), _ACCOUNT),  # token missing, expired, invalid
    ((3, 10, 131005), _ACCOUNT),  # permission; 200 to 299 are a family
    ((33, 803), _ACCOUNT),  # the phone number id is gone, or is not ours; 33 comes as a subcode of 100
    ((368, 131031), _ACCOUNT),  # restricted or locked
    ((131042,), _ACCOUNT),  # payment
    ((131037, 131045, 133006, 133010), _ACCOUNT),  # display name, certificate, verification, registration
    # Rates.
    ((130429,), _throttled(1)),
    ((4, 17), _throttled(_MINUTE)),
    ((80007,), _throttled(5 * _MINUTE)),
    ((131208,), _throttled(_MINUTE)),  # group operations
    ((132069,), _throttled(_HOUR)),  # a flow: ten messages an hour
    ((133008, 133009), _throttled(_HOUR)),  # guessing PINs
    ((133016,), _throttled(72 * _HOUR)),
    ((136024,), _throttled(_HOUR)),
    ((131056,), _failure(FailureClass.PAIR, Advice.WAIT, wait=1)),
    # Meta's own trouble.
    ((1, 131000), _RARELY_TRANSIENT),
    ((2, 131016, 133000, 133004, 139102, 139103), _TRANSIENT),
    ((131057, 2494100), _maintenance(_MINUTE)),
    ((133015,), _maintenance(5 * _MINUTE)),  # still deleting
    ((134101,), _maintenance(10 * _MINUTE)),  # the template is still on its way to the ads side
    # This person.
    ((130403, 130472, 131020, 131021, 131026, 131041, 131203, 131207, 137000), _RECIPIENT),
    ((130497,), _RECIPIENT),  # the country of this person is closed to this kind of business
    ((131050,), _failure(FailureClass.OPT_OUT, Advice.NEVER)),
    # Meta punishes businesses that keep trying the same people.
    ((131049,), _failure(FailureClass.ECOSYSTEM, Advice.WAIT, wait=24 * _HOUR, tries=3)),
    ((131047,), _failure(FailureClass.WINDOW, Advice.FIX)),
    # Sending on makes it worse; how long it lasts is not told.
    ((131048, 131064), _failure(FailureClass.QUALITY, Advice.NEVER)),
    # The template itself. Wrong parameters are not: they may come from one contact's data.
    ((132001, 132007, 132016, 132068, 131063), _TEMPLATE),
    ((132015,), _failure(FailureClass.PAUSED_TEMPLATE, Advice.WAIT, wait=3 * _HOUR, tries=3, halts=Scope.TEMPLATE)),
    # This message, or a call that is no send at all. 131030: the person is not on a test number's list.
    ((100, 131008, 131009, 131030, 131044, 131051, 131053, 131055, 131059, 131062), _CONFIGURATION),
    ((130501, 131052, 131060), _CONFIGURATION),  # of inbound messages
    ((132000, 132005, 132008, 132012, 132018, 134011, 134100, 134102, 135000), _CONFIGURATION),
    ((133005, 139100, 139101, 139200), _CONFIGURATION),
    (range(131201, 131203), _CONFIGURATION),  # groups, with the two below
    ((131204, 131209, 131210, 131211, 131212, 131213, 131214, 131215), _CONFIGURATION),
    (range(138000, 138024), _CONFIGURATION),  # calling
    (range(139000, 139005), _CONFIGURATION),  # flows
    (range(147001, 147006), _CONFIGURATION),  # usernames
    (range(200005, 200008), _CONFIGURATION),  # template insights
    ((2593079, 2593085, 2593107, 2593108, 2593109), _CONFIGURATION),  # account migration
)
CODES: Mapping[int, Failure] = {code: failure for codes, failure in _ROWS for code in codes}

# A new code of a known family most likely means what its neighbours mean.
FAMILIES: tuple[tuple[range, Failure], ...] = (
    (range(200, 300), _ACCOUNT),
    (range(131200, 131300), _CONFIGURATION),
    (range(132000, 132100), _CONFIGURATION),
    (range(133000, 133100), _CONFIGURATION),
    (range(134000, 134200), _CONFIGURATION),
    (range(138000, 138100), _CONFIGURATION),
    (range(139000, 139300), _CONFIGURATION),
    (range(141000, 141100), _CONFIGURATION),
    (range(147000, 147100), _CONFIGURATION),
    (range(2388000, 2389000), _CONFIGURATION),
    (range(2494100, 2494200), _CONFIGURATION),
)
