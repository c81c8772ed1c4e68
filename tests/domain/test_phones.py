import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import phones

MEXICO = "+525512345678"
SAO_PAULO = "+5511987654321"
BUENOS_AIRES = "+541155551234"

wa_ids = st.one_of(
    st.text("0123456789", min_size=5, max_size=20),
    st.builds(
        str.__add__,
        st.sampled_from(["52", "521", "54", "549", "55", "5511", "5531", "5541", "1", "39", "44", "4900", "7"]),
        st.text("0123456789", min_size=6, max_size=12),
    ),
)


def examples(kind: int) -> list[str]:
    """One number of each country that has the kind."""
    found = (phonenumbers.example_number_for_type(region, kind) for region in sorted(phonenumbers.SUPPORTED_REGIONS))
    return [phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) for number in found if number]


def kind_of(number: str) -> int:
    return phonenumbers.number_type(phonenumbers.parse(number, None))


@pytest.mark.parametrize(
    ("writing", "expected"),
    [
        ("+52 1 55 1234 5678", MEXICO),
        ("5215512345678", MEXICO),
        ("525512345678", MEXICO),
        ("+52 (55) 1234-5678", MEXICO),
        ("+52 044 55 1234 5678", MEXICO),
        ("00 52 55 1234 5678", MEXICO),
        ("\u202a+52\u00a01\u00a055\u00a01234\u00a05678\u202c", MEXICO),
        ("٥٢٥٥١٢٣٤٥٦٧٨", MEXICO),
        ("551187654321", SAO_PAULO),
        ("5511987654321", SAO_PAULO),
        ("+55 (0) 11 8765-4321", SAO_PAULO),
        ("5491155551234", BUENOS_AIRES),
        ("541155551234", BUENOS_AIRES),
        ("+54 9 11 5555-1234", BUENOS_AIRES),
        ("+54 11 15 5555 1234", BUENOS_AIRES),
        ("+44 (0)7911 123456", "+447911123456"),
        ("+39 02 1234 5678", "+390212345678"),
        ("16505551234", "+16505551234"),
        ("+15550001", "+15550001"),
        ("1111111111111", "+1111111111111"),
    ],
)
def test_every_writing_of_a_subscriber_has_one_canonical_form(writing: str, expected: str) -> None:
    assert phones.canonical(writing) == expected


@pytest.mark.parametrize(
    ("writing", "region", "expected"),
    [
        ("55 1234 5678", "MX", MEXICO),
        ("044 55 1234 5678", "MX", MEXICO),
        ("5215512345678", "MX", MEXICO),
        ("(11) 8765-4321", "BR", SAO_PAULO),
        ("(11) 98765-4321", "BR", SAO_PAULO),
        ("011 3333-4444", "BR", "+551133334444"),
        ("11 15 5555-1234", "AR", BUENOS_AIRES),
        ("020 7946 0958", "GB", "+442079460958"),
        ("+52 55 1234 5678", "BR", MEXICO),
        ("1111111111111", "MX", "+1111111111111"),
    ],
)
def test_a_national_writing_is_read_in_its_region(writing: str, region: str, expected: str) -> None:
    assert phones.canonical(writing, region=region) == expected


@pytest.mark.parametrize(
    "text",
    ["", "   ", "+", "1234", "123456789012345678901", "US.13491208655302741918", "ana@example.com", "5+255123",
     "5215512345678@s.whatsapp.net", "+1 650 FLOWERS", "-----"],
)  # fmt: skip
def test_what_is_no_phone_number_has_no_canonical_form(text: str) -> None:
    assert phones.canonical(text) is None
    assert phones.variants(text) == ()


@pytest.mark.parametrize(
    ("landline", "expected"),
    [
        ("551133334444", "+551133334444"),
        ("553133334444", "+553133334444"),
        ("551122223333", "+551122223333"),
        ("551155556666", "+551155556666"),
        ("541143211234", "+541143211234"),
        ("525512345678", "+525512345678"),
    ],
)
def test_a_landline_keeps_its_number(landline: str, expected: str) -> None:
    assert phones.canonical(landline) == expected


@pytest.mark.parametrize("landline", examples(phonenumbers.PhoneNumberType.FIXED_LINE))
def test_no_landline_becomes_a_mobile_anywhere(landline: str) -> None:
    canonical = phones.canonical(landline)

    assert canonical is not None
    assert kind_of(canonical) == kind_of(landline)


@given(st.integers(11, 99), st.integers(2, 5), st.integers(0, 9_999_999))
def test_no_brazilian_landline_gains_a_ninth_digit(area: int, first: int, rest: int) -> None:
    digits = f"55{area}{first}{rest:07}"

    assert phones.canonical(digits) == f"+{digits}"


@given(st.sampled_from([11, 21, 27, 31, 47, 51, 61, 85, 91]), st.integers(60_000_000, 99_999_999))
def test_an_old_brazilian_mobile_is_the_same_person_with_its_ninth_digit(area: int, local: int) -> None:
    old, new = f"55{area}{local}", f"55{area}9{local}"

    assert phones.canonical(old) == phones.canonical(new) == f"+{new}"
    assert set(phones.variants(old)) == {old, new}


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (MEXICO, ("525512345678", "5215512345678")),
        (SAO_PAULO, ("5511987654321", "551187654321")),
        (BUENOS_AIRES, ("541155551234", "5491155551234")),
        ("+551133334444", ("551133334444",)),
        ("+16505551234", ("16505551234",)),
        ("+1111111111111", ("1111111111111",)),
    ],
)
def test_variants_are_the_ids_under_which_a_subscriber_may_appear(number: str, expected: tuple[str, ...]) -> None:
    assert phones.variants(number) == expected


@given(wa_ids)
def test_every_wa_id_has_a_canonical_form_and_that_form_is_final(wa_id: str) -> None:
    canonical = phones.canonical(wa_id)

    assert canonical is not None
    assert phones.canonical(canonical) == canonical


@given(wa_ids)
def test_every_variant_leads_back_to_the_same_canonical_form(wa_id: str) -> None:
    canonical = phones.canonical(wa_id)
    assert canonical is not None

    found = phones.variants(canonical)

    assert found[0] == canonical[1:]
    assert {phones.canonical(variant) for variant in found} == {canonical}


@pytest.mark.parametrize("wa_id", ["5491155551234", "+5491155551234", "551187654321", "5215512345678", "15550001"])
def test_a_wa_id_is_sent_to_as_meta_wrote_it(wa_id: str) -> None:
    assert phones.wa_id_to_send(wa_id) == "+" + wa_id.removeprefix("+")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("+52 55 1234 5678", "***78"), ("US.13491208655302741918", "***18"), ("12", "***"), ("", "***")],
)
def test_a_masked_number_shows_its_last_two_digits(value: str, expected: str) -> None:
    assert phones.mask(value) == expected
