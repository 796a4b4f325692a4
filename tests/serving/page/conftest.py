"""One browser for all tests of a module."""

from collections.abc import Iterator

import chromium as browsers
import pytest
from chromium import Chromium, chromium


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    browsers.SECONDS = 20.0
    with chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found
