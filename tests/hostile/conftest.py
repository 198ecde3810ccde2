"""The runner of hostile inputs, one for all tests of a process."""

from collections.abc import Iterator

import pytest

from tests.hostile.runner import Runner


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """Give the runner; its process is started by the first test that needs it."""
    made = Runner(tmp_path_factory.mktemp("hostile"))
    yield made
    made.close()
