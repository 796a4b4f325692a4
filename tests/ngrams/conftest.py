"""Everything is counted twice: by kernels, and without them."""

from collections.abc import Iterator

import pytest

from penwright.kernels import running


@pytest.fixture(scope="module", autouse=True, params=["kernels", "torch"])
def _way(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.param == "torch":
        with running.without_kernels():
            yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "MANY", 1)
        yield
