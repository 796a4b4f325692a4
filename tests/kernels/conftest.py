"""Here kernels do a handful of rows, too."""

from collections.abc import Iterator

import pytest

from penwright.kernels import running


@pytest.fixture(scope="module", autouse=True)
def _few_rows_are_many() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "MANY", 1)
        yield
