"""The meter's arithmetic: whose processor time is whose."""

import pytest

from benchmarks.machine import (
    TICKS,
    Process,
    Reading,
    Role,
    difference,
    parse_busy,
    parse_rollup,
    parse_stat,
    role_of_command,
    sum_by_role,
)


def test_a_process_counts_with_the_children_it_has_waited_for() -> None:
    line = f"42 (a (strange) name) S 7 42 42 0 -1 4194560 1 2 3 4 {TICKS} {2 * TICKS} {3 * TICKS} {4 * TICKS} 20 0 1"

    process = parse_stat(line)

    assert process == Process(pid=42, parent=7, seconds=10.0)


def test_waiting_for_the_disk_is_not_being_busy() -> None:
    line = "cpu  " + " ".join(str(part * TICKS) for part in (1, 2, 3, 100, 200, 4, 5, 6, 0, 0))

    assert parse_busy(line) == (15.0, 6.0)


def test_a_process_has_the_role_of_the_nearest_root_above_it() -> None:
    processes = {
        1: Process(1, 0, 100.0),
        10: Process(10, 1, 1.0),
        11: Process(11, 10, 2.0),
        12: Process(12, 11, 4.0),
    }

    sums = sum_by_role(processes, {10: Role.SUPERVISOR, 11: Role.POSTGRES})

    assert sums == {Role.SUPERVISOR: 1.0, Role.POSTGRES: 6.0}


def test_others_used_what_is_neither_ours_nor_the_generators_nor_the_far_sides() -> None:
    before = Reading(at=0.0, by_role={Role.WEB: 5.0}, busy=100.0, stolen=0.0)
    after = Reading(
        at=10.0,
        by_role={Role.WEB: 8.0, Role.GENERATOR: 2.0, Role.FAR_SIDE: 1.0, Role.ASIDE: 4.0},
        busy=115.0,
        stolen=0.5,
    )

    spent = difference(before, after)

    assert spent.ours == 3.0
    assert spent.others == 9.0  # the installation that is not being measured is one of the others
    assert spent.others_cores == 0.9


def test_a_process_that_ended_unseen_takes_nothing_away() -> None:
    before = Reading(at=0.0, by_role={Role.WEB: 5.0}, busy=1.0, stolen=0.0)
    after = Reading(at=1.0, by_role={Role.WEB: 0.0}, busy=2.0, stolen=0.0)

    assert difference(before, after).ours == 0.0


@pytest.mark.parametrize(
    ("command", "role"),
    [
        ("/venv/bin/python -m app.embedded.ahead app.main:app --host 127.0.0.1", Role.WEB),
        ("/venv/bin/python -m celery -A app.core.celery worker -Q intake -n intake@%h", Role.INTAKE),
        ("/venv/bin/python -m celery -A app.core.celery beat --pidfile=", Role.BEAT),
        ("/wheels/pginstall/bin/postgres -D /data", Role.POSTGRES),
        ("/wheels/valkey-server 127.0.0.1:0", Role.BROKER),
        ("/venv/bin/python -m app prepare", None),
    ],
)
def test_a_child_of_the_supervisor_is_known_by_its_command(command: str, role: Role | None) -> None:
    assert role_of_command(command) is role


def test_shared_memory_is_told_apart() -> None:
    text = "55-7f ---p 00000000 00:00 0 [rollup]\nRss: 9000 kB\nPss:            4096 kB\nPss_Shmem:      3072 kB\n"

    memory = parse_rollup(text)

    assert (memory.private, memory.shared) == (1.0, 3.0)
