"""Whose clock counts: time zones of contacts, and wall time as an instant.

A contact's zone is what an operator wrote, else that of the phone's country where all of it keeps one time, else the
workspace's. Which zones a country has is the zone table's word (tzdata); it is read when it is first needed.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import phonenumbers

_NORTH_AMERICA = 1
_LONGEST_PREFIX = 5  # "+1809"


def zone_of(name: str | None, phone: str | None, workspace: ZoneInfo) -> ZoneInfo:
    """The zone of a contact."""
    return named(name) or named(zone_of_phone(phone)) or workspace


@lru_cache(maxsize=1024)
def named(name: str | None) -> ZoneInfo | None:
    """`None` for a name that is no zone."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):
        return None


def zone_of_phone(phone: str | None) -> str | None:
    """The zone of a canonical number's country, where that has one."""
    if not phone:
        return None
    zones = phone_zones()
    return next((zones[phone[:n]] for n in range(_LONGEST_PREFIX, 1, -1) if phone[:n] in zones), None)


@lru_cache
def phone_zones() -> Mapping[str, str]:
    """Zones by the beginning of a canonical number: `{"+593": …, "+1809": …}`; the longest that fits counts."""
    countries = _zones_by_country()
    found: dict[str, str] = {}
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        zones = [zone for region in regions for zone in countries.get(region, ())]
        if zones and _keep_one_time(zones):
            found[f"+{code}"] = zones[0]
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[_NORTH_AMERICA]:
        zones = list(countries.get(region, ()))
        if zones and _keep_one_time(zones):
            found |= dict.fromkeys(_area_prefixes(region), zones[0])
    return found


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a local time: of two the first, and where there is none the next that exists."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    # The clock jumped over it: the instant of the jump lies between the readings by its old and its new offset.
    before, after = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), first
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def _area_prefixes(region: str) -> list[str]:
    """`+1` and the area codes of one of the countries that share it."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    if metadata is None or not metadata.leading_digits:
        return []
    leading = re.compile(metadata.leading_digits)
    return [f"+1{area}" for area in range(200, 1000) if leading.match(str(area))]


def _keep_one_time(zones: list[str]) -> bool:
    """Whether clocks agree all year; a village that once differed does not make a country have two times."""
    days = [datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=5 * n) for n in range(74)]
    first = ZoneInfo(zones[0])
    offsets = [first.utcoffset(day) for day in days]
    return all([ZoneInfo(zone).utcoffset(day) for day in days] == offsets for zone in zones[1:])


def _zones_by_country() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            found.setdefault(country, []).append(zone)
    return found
