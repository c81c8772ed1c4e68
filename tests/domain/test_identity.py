"""Who is who, as stories, and as laws that hold for any sightings."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.identity import People, Sighting, Word, resolve

START = datetime(2026, 3, 14, 15, 0, tzinfo=UTC)
P, Q, R = "+525512345678", "+16505551234", "+5511987654321"
A, B, C = "MX.1", "US.2", "BR.3"


def seen(id: int, **shown: Any) -> Sighting:
    """Sighting number `id`, a minute after the one before."""
    at = START + timedelta(minutes=shown.pop("minute", id))
    return Sighting(id=id, at=at, key=shown.pop("key", f"wamid.{id:03}"), **shown)


def groups(people: People) -> set[frozenset[int]]:
    """The sightings of each person."""
    return {
        frozenset(id for id, person in people.of_sighting.items() if person == one)
        for one in people.of_sighting.values()
    }


def test_what_somebody_said_to_be_one_is_one_and_nobody_else() -> None:
    sightings = [seen(1, phone=P, bsuid=A), seen(2, phone=Q), seen(3, phone=R, bsuid=C), seen(4, phone=Q, bsuid=B)]
    said = [Word(START + timedelta(minutes=2), [("bsuid", A), ("phone", Q)])]

    assert groups(resolve(sightings)) == {frozenset({1}), frozenset({2, 4}), frozenset({3})}
    assert groups(resolve(sightings, said)) == {frozenset({1, 2, 4}), frozenset({3})}
    assert groups(resolve(sightings[::-1], said)) == groups(resolve(sightings, said))


STORIES: dict[str, tuple[list[Sighting], list[set[int]]]] = {
    "one number is one person": ([seen(1, phone=P), seen(2, phone=P)], [{1, 2}]),
    "two numbers are two": ([seen(1, phone=P), seen(2, phone=Q)], [{1}, {2}]),
    "a BSUID is learned later": ([seen(1, phone=P), seen(2, phone=P, bsuid=A)], [{1, 2}]),
    "the number goes missing": ([seen(1, phone=P, bsuid=A), seen(2, bsuid=A), seen(3, phone=P)], [{1, 2, 3}]),
    "a number is learned later": ([seen(1, bsuid=A), seen(2, bsuid=A, phone=P), seen(3, phone=P)], [{1, 2, 3}]),
    "two who were known turn out to be one": (
        [seen(1, phone=P), seen(2, bsuid=A), seen(3, phone=P, bsuid=A)],
        [{1, 2, 3}],
    ),
    "a number is handed on": (
        [seen(1, phone=P, bsuid=A), seen(2, phone=P, bsuid=B)],
        [{1}, {2}],
    ),
    "while it is handed on, a bare number is the one's who is seen with it next": (
        [seen(1, phone=P, bsuid=A), seen(2, phone=P), seen(3, phone=P, bsuid=B), seen(4, phone=P)],
        [{1}, {2, 3, 4}],
    ),
    "two people with one number, turn about": (
        [seen(1, phone=P, bsuid=A), seen(2, phone=P, bsuid=B), seen(3, phone=P, bsuid=A), seen(4, phone=P)],
        [{1, 3, 4}, {2}],
    ),
    "a person takes another number without a word": (
        [seen(1, phone=P, bsuid=A), seen(2, phone=Q, bsuid=A), seen(3, phone=P), seen(4, phone=Q)],
        [{1, 2, 3, 4}],
    ),
    "a number is changed, and nobody has a BSUID": (
        [seen(1, phone=P), seen(2, phone=P, new_phone=Q), seen(3, phone=Q)],
        [{1, 2, 3}],
    ),
    "after a change the old number is somebody else's": (
        [seen(1, phone=P), seen(2, phone=P, new_phone=Q), seen(3, phone=P), seen(4, phone=Q)],
        [{1, 2, 4}, {3}],
    ),
    "before a change the new number was somebody else's": (
        [seen(1, phone=P), seen(2, phone=Q), seen(3, phone=P, new_phone=Q), seen(4, phone=Q)],
        [{1, 3, 4}, {2}],
    ),
    "a number is changed twice": (
        [seen(1, phone=P), seen(2, phone=P, new_phone=Q), seen(3, phone=Q, new_phone=R), seen(4, phone=R)],
        [{1, 2, 3, 4}],
    ),
    "a number is changed with the BSUIDs": (
        [
            seen(1, phone=P, bsuid=A),
            seen(2, phone=P, new_phone=Q, old_bsuid=A, new_bsuid=B),
            seen(3, phone=Q, bsuid=B),
        ],
        [{1, 2, 3}],
    ),
    "the change tells whom the BSUIDs belong to, whatever their number did meanwhile": (
        [seen(1, bsuid=A), seen(2, phone=P, bsuid=C), seen(3, phone=P, new_phone=Q, old_bsuid=A, new_bsuid=B)],
        [{1, 3}, {2}],
    ),
    "a change without BSUIDs joins the holders before and after": (
        [seen(1, phone=P, bsuid=A), seen(2, phone=P, new_phone=Q), seen(3, phone=Q, bsuid=B)],
        [{1, 2, 3}],
    ),
    "an id changes and the number stays": (
        [seen(1, phone=P, bsuid=A), seen(2, bsuid=A, new_bsuid=B), seen(3, bsuid=B)],
        [{1, 2, 3}],
    ),
    "one parent id is one person": (
        [seen(1, bsuid=A, parent_bsuid="X"), seen(2, bsuid=B, parent_bsuid="X"), seen(3, bsuid=C)],
        [{1, 2}, {3}],
    ),
    "at the same second the key decides who holds the number": (
        [
            seen(1, minute=1, key="a", phone=P, bsuid=A),
            seen(2, minute=1, key="b", phone=P, bsuid=B),
            seen(3, minute=2, phone=P),
        ],
        [{1}, {2, 3}],
    ),
    "a message of the second of the change is still the old holder's": (
        [seen(1, minute=1, key="z", phone=P), seen(2, minute=1, key="a", phone=P, new_phone=Q)],
        [{1, 2}],
    ),
    "a change that says nothing joins nobody": ([seen(1, phone=P, old_bsuid=None), seen(2, phone=Q)], [{1}, {2}]),
}


@pytest.mark.parametrize("story", STORIES)
def test_the_stories_that_happen(story: str) -> None:
    sightings, expected = STORIES[story]

    assert groups(resolve(sightings)) == {frozenset(group) for group in expected}


def test_a_number_leads_to_its_latest_holder() -> None:
    people = resolve([seen(1, phone=P, bsuid=A), seen(2, phone=P, bsuid=B)])

    assert people.of_phone[P] == people.of_bsuid[B]
    assert people.holders[P] == {people.of_bsuid[A], people.of_bsuid[B]}


def test_a_number_given_up_leads_to_its_last_holder_until_somebody_shows_with_it() -> None:
    change = seen(2, phone=P, new_phone=Q)

    before = resolve([seen(1, phone=P), change])
    after = resolve([seen(1, phone=P), change, seen(3, phone=P)])

    assert before.of_phone[P] == before.of_sighting[1]
    assert after.of_phone[P] == after.of_sighting[3] != after.of_sighting[1]
    assert before.of_phone[Q] == before.of_sighting[2]


def test_the_latest_number_is_the_one_seen_last() -> None:
    people = resolve([seen(1, phone=P), seen(2, phone=P, new_phone=Q), seen(3, minute=0, phone=P)])

    assert people.latest_phone == {people.of_sighting[1]: Q}


@pytest.mark.parametrize(
    ("sightings", "contested"),
    [
        ([seen(1, phone=P), seen(2, phone=P, bsuid=A)], set()),
        ([seen(1, phone=P, bsuid=A), seen(2, phone=P, bsuid=B), seen(3, phone=Q, bsuid=A)], {P}),
        ([seen(1, phone=P, new_phone=Q)], {P, Q}),
    ],
)
def test_numbers_that_changed_hands_are_named(sightings: Sequence[Sighting], contested: set[str]) -> None:
    assert resolve(sightings).contested == contested


phones = st.none() | st.sampled_from([P, Q, R])
ids = st.none() | st.sampled_from([A, B, C])


@st.composite
def crowds(draw: st.DrawFn) -> list[Sighting]:
    made = []
    for id in range(draw(st.integers(1, 9))):
        phone, bsuid = draw(phones), draw(ids)
        if phone is None and bsuid is None:
            phone = P
        shown: dict[str, Any] = {
            "phone": phone,
            "bsuid": bsuid,
            "parent_bsuid": draw(st.sampled_from([None, None, "X"])),
        }
        if draw(st.integers(0, 3)) == 0:
            shown |= {"new_phone": draw(phones), "new_bsuid": draw(ids), "old_bsuid": draw(ids)}
        made.append(seen(id, minute=draw(st.integers(0, 4)), **shown))
    return made


@given(crowd=crowds(), data=st.data())
def test_the_order_in_which_sightings_come_leaves_no_trace(crowd: list[Sighting], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(crowd))

    one, other = resolve(crowd), resolve(shuffled)

    assert _named(one) == _named(other)


@given(crowd=crowds())
def test_what_shows_one_business_scoped_id_is_one_person(crowd: list[Sighting]) -> None:
    people = resolve(crowd)

    for sighting in crowd:
        for bsuid in (sighting.bsuid, sighting.new_bsuid, sighting.old_bsuid):
            assert bsuid is None or people.of_bsuid[bsuid] == people.of_sighting[sighting.id]
        parent = sighting.parent_bsuid
        assert parent is None or people.of_parent[parent] == people.of_sighting[sighting.id]


@given(crowd=crowds())
def test_everybody_seen_with_a_number_is_among_its_holders(crowd: list[Sighting]) -> None:
    people = resolve(crowd)

    assert set(people.of_sighting) == {sighting.id for sighting in crowd}
    for sighting in crowd:
        for phone in (sighting.phone, sighting.new_phone):
            assert phone is None or people.of_sighting[sighting.id] in people.holders[phone]
    for phone, person in people.of_phone.items():
        assert person in people.holders[phone]


@given(crowd=crowds())
def test_people_who_share_nothing_do_not_touch_one_another(crowd: list[Sighting]) -> None:
    stranger = seen(99, phone="+4915112345678", bsuid="DE.9")

    alone, together = resolve(crowd), resolve([*crowd, stranger])

    assert _named(together)["groups"] == _named(alone)["groups"] | {frozenset({99})}


@given(crowd=crowds())
def test_an_uncontested_number_has_one_holder(crowd: list[Sighting]) -> None:
    """Whoever shows it can be placed without a look at the past."""
    people = resolve(crowd)

    for phone, holders in people.holders.items():
        assert len(holders) == 1 or phone in people.contested or len(_bearers(crowd, phone)) > 1


def _bearers(crowd: Sequence[Sighting], phone: str) -> set[str | None]:
    return {sighting.bsuid for sighting in crowd if phone in (sighting.phone, sighting.new_phone)}


def _named(people: People) -> dict[str, Any]:
    """With persons called by their sightings, as their numbers mean nothing."""
    name = {
        person: frozenset(id for id, one in people.of_sighting.items() if one == person)
        for person in set(people.of_sighting.values())
    }
    unseen = frozenset({-1})
    return {
        "groups": set(name.values()),
        "bsuids": {bsuid: name.get(person, unseen) for bsuid, person in people.of_bsuid.items()},
        "parents": {parent: name.get(person, unseen) for parent, person in people.of_parent.items()},
        "phones": {phone: name.get(person, unseen) for phone, person in people.of_phone.items()},
        "holders": {
            phone: {name.get(person, unseen) for person in persons} for phone, persons in people.holders.items()
        },
        "contested": people.contested,
        "latest": {name[person]: phone for person, phone in people.latest_phone.items()},
    }
