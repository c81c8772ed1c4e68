"""What Meta says a text message costs: a service message, free inside the window until October 2026.

From 2026-10-01 the first 1,000 delivered in a month stay free, by the month of the simulated clock in UTC.
"""

from datetime import UTC, datetime

from simulator.store import Store
from simulator.wire import JsonObject

CHARGED_FROM = datetime(2026, 10, 1, tzinfo=UTC).timestamp()
FREE_PER_MONTH = 1000


def price(store: Store, *, at: float) -> JsonObject:
    is_free = at < CHARGED_FROM or _delivered(store, at=at) < FREE_PER_MONTH
    return {
        "billable": not is_free,
        "pricing_model": "PMP",
        "type": "free_customer_service" if is_free else "regular",
        "category": "service",
    }


def count_delivery(store: Store, *, at: float) -> None:
    """Call within `change()`."""
    store.keep_fact(_key(at), {"delivered": _delivered(store, at=at) + 1})


def _delivered(store: Store, *, at: float) -> int:
    fact = store.find_fact(_key(at))
    return 0 if fact is None else int(fact["delivered"])


def _key(at: float) -> str:
    return f"service-messages:{datetime.fromtimestamp(at, UTC):%Y-%m}"
