"""What a run says that came to no verdict."""

import asyncio

import pytest

from tests.crash.run import Broken, reason_of


@pytest.mark.parametrize("error", [Broken("The simulator has ended."), ValueError("a fault of the test")])
def test_what_stood_in_the_way_is_told_by_itself_where_there_is_a_sentence_for_it(error: Exception) -> None:
    async def fail() -> None:
        raise error

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            group.create_task(asyncio.sleep(60))

    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(run())

    assert reason_of(caught.value) is (error if isinstance(error, Broken) else caught.value)
