"""The free allowance, by month of the simulated clock."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulator import pricing
from simulator.store import Store


async def _type_after(folder: Path, *, deliveries: int, then: datetime, now: datetime) -> str:
    store = Store(folder)
    with store.change():
        for _ in range(deliveries):
            pricing.count_delivery(store, at=then.timestamp())
    found = pricing.price(store, at=now.timestamp())
    await store.committed()
    store.close()
    assert found["billable"] is (found["type"] == "regular")
    assert (found["pricing_model"], found["category"]) == ("PMP", "service")
    return str(found["type"])


@pytest.mark.parametrize(
    ("deliveries", "then", "now", "expected"),
    [
        (999, datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC), "free_customer_service"),
        (1000, datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC), "regular"),
        (1000, datetime(2026, 11, 30, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC), "free_customer_service"),
        (1000, datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 9, 30, tzinfo=UTC), "free_customer_service"),
    ],
)
def test_a_thousand_deliveries_a_month_are_free_since_october_2026_and_all_before(
    tmp_path: Path, deliveries: int, then: datetime, now: datetime, expected: str
) -> None:
    assert asyncio.run(_type_after(tmp_path, deliveries=deliveries, then=then, now=now)) == expected
