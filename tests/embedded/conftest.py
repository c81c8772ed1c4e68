from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.embedded.scratch import scratch_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    with scratch_folder() as made:
        yield made
