import pytest

from app.domain.failures import Advice, FailureClass, Scope, classify, scope_halted

# Every code of Meta's list, by what a sender must make of it.
CODES: dict[FailureClass, list[int]] = {
    FailureClass.THROTTLED: [4, 17, 80007, 130429, 131208, 132069, 133008, 133009, 133016, 136024],
    FailureClass.TRANSIENT: [1, 2, 131000, 131016, 133000, 133004, 139102, 139103],
    FailureClass.RECIPIENT: [130403, 130472, 130497, 131020, 131021, 131026, 131041, 131203, 131207, 137000],
    FailureClass.OPT_OUT: [131050],
    FailureClass.ECOSYSTEM: [131049],
    FailureClass.QUALITY: [131048, 131064],
    FailureClass.WINDOW: [131047],
    FailureClass.ACCOUNT: [
        *[0, 3, 10, 33, 104, 190, 368, 803, 2500, 131005, 131031, 131037, 131042, 131045, 133006, 133010],
        *range(200, 300),
    ],
    FailureClass.PAUSED_TEMPLATE: [132015],
    FailureClass.MAINTENANCE: [131057, 133015, 134101, 2494100],
    FailureClass.PAIR: [131056],
    FailureClass.CONFIGURATION: [
        *[100, 130501, 131008, 131009, 131030, 131044, 131051, 131052, 131053, 131055, 131059, 131060, 131062, 131063],
        *[131201, 131202, 131204, 131209, 131210, 131211, 131212, 131213, 131214, 131215],
        *[132000, 132001, 132005, 132007, 132008, 132012, 132016, 132018, 132068, 133005],
        *[134011, 134100, 134102, 135000, *range(138000, 138024), *range(139000, 139005), 139100, 139101, 139200],
        *[141002, 141006, *range(147001, 147006), 200005, 200006, 200007],
        *[2388001, 2388012, 2388019, 2388039, 2388040, 2388047, 2388072, 2388073, 2388091, 2388093, 2388103, 2388293],
        *[2388299, *range(2494164, 2494180), 2593079, 2593085, 2593107, 2593108, 2593109],
    ],
}
EVERY_CODE = [(code, kind) for kind, codes in CODES.items() for code in codes]


@pytest.mark.parametrize(("code", "kind"), EVERY_CODE)
def test_every_listed_code_has_its_class(code: int, kind: FailureClass) -> None:
    assert classify(code).kind is kind


def test_every_class_has_a_code_but_the_two_that_are_the_lack_of_one() -> None:
    assert set(CODES) == set(FailureClass) - {FailureClass.AMBIGUOUS, FailureClass.UNKNOWN}


@pytest.mark.parametrize("code", [0, 3, 10, 104, 190, 200, 299, 368, 131005, 131031, 131042, 131045, 133010])
def test_trouble_of_the_account_halts_the_channel(code: int) -> None:
    assert scope_halted(code) is Scope.CHANNEL


@pytest.mark.parametrize("code", [132001, 132007, 132015, 132016, 132068])
def test_trouble_of_a_template_halts_only_the_template(code: int) -> None:
    assert scope_halted(code) is Scope.TEMPLATE


@pytest.mark.parametrize("code", [100, 130429, 131008, 131026, 131030, 131047, 131048, 131056, 132000, 132012, 999999])
def test_trouble_of_one_message_halts_nothing(code: int) -> None:
    assert scope_halted(code) is None


def test_an_unknown_object_is_told_by_its_subcode() -> None:
    assert classify(100, subcode=33).kind is FailureClass.ACCOUNT
    assert classify(100, subcode=2388001).kind is FailureClass.CONFIGURATION
    assert classify(131026, subcode=33).kind is FailureClass.RECIPIENT


def test_only_an_answer_without_a_code_is_ambiguous() -> None:
    assert classify(None).kind is FailureClass.AMBIGUOUS


@pytest.mark.parametrize(("code", "kind"), [(132999, "unknown"), (132099, "configuration"), (250, "account")])
def test_an_unlisted_code_takes_after_its_family_if_it_has_one(code: int, kind: str) -> None:
    assert classify(code).kind == kind


@pytest.mark.parametrize("code", [5, 199, 300, 999999, -1])
def test_a_code_that_nobody_knows_fails_one_message_and_is_never_repeated(code: int) -> None:
    failure = classify(code)

    assert failure.kind is FailureClass.UNKNOWN
    assert failure.advice is Advice.NEVER
    assert failure.halts is None


def test_whatever_is_worth_waiting_for_says_how_long() -> None:
    waiting = [code for code, _ in EVERY_CODE if classify(code).advice is Advice.WAIT]

    assert waiting
    assert all(classify(code).wait_seconds > 0 for code in waiting)
