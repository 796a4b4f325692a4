"""The description of the server: it has every route, and the server answers as it says, whatever it is sent."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from served import TOKEN, Client, running_server

pytest.importorskip("uvicorn", reason="the server's packages are not installed: pip install 'penwright[serve]'")

from penwright.serving.stories.folder import StoryFolder
from penwright.serving.watching import RunWatch
from penwright.serving.web.access import Access, GuardedRoute
from penwright.serving.web.app import build_app
from penwright.serving.web.openapi import OPERATIONS, PATH
from penwright.serving.web.page import page_routes
from penwright.serving.web.stories import story_routes

NUM_EXAMPLES = 40
"""Requests of each kind for each route."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = StoryFolder(tmp_path_factory.mktemp("stories"))
    routes = [*story_routes(folder), *page_routes(run=RunWatch(tmp_path_factory.mktemp("run")))]
    with running_server(routes=routes, has_metrics=True, request_seconds=0.3) as found:
        found.routes = routes  # type: ignore[attr-defined]
        yield found
    folder.close()


def described(client: Client) -> dict[str, Any]:
    """The description that the server gives of itself."""
    status, found = client.ask("GET", PATH)
    assert status == 200
    assert isinstance(found, dict)
    return found


def test_every_route_is_described_and_nothing_else(client: Client) -> None:
    description = described(client)
    app = build_app(client.service, routes=client.routes)  # type: ignore[attr-defined]
    found = {(method.upper(), path) for path, each in description["paths"].items() for method in each}
    wanted = set()
    for route in app.routes:
        assert isinstance(route, GuardedRoute)
        path = route.path.replace(":path}", "}")
        wanted |= {(method, path) for method in (route.methods or set()) - {"HEAD"}}
        for operation in description["paths"][path].values():
            assert ("401" in operation["responses"]) == (route.access is not Access.OPEN)
            names = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
            assert names == set(re.findall(r"\{([^}]*)\}", path))
    assert found == wanted and set(OPERATIONS) <= wanted


def test_references_lead_somewhere(client: Client) -> None:
    description = described(client)
    for reference in set(re.findall(r"'\$ref': '#/components/([a-z]+)/([A-Za-z]+)'", str(description))):
        assert reference[1] in description["components"][reference[0]]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_server_answers_as_the_description_says_whatever_it_is_sent(client: Client) -> None:
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed: pip install schemathesis")
    from hypothesis.errors import Unsatisfiable

    for result in schemathesis.openapi.from_dict(described(client)).get_all_operations():
        for mode in schemathesis.GenerationMode:
            with suppress(Unsatisfiable):  # nothing can be wrong where nothing is taken
                check(client, result.ok(), mode)
    assert not client.service.engine.metrics.num_recoveries


def check(client: Client, operation: Any, mode: Any) -> None:
    """Send requests of a kind to a route, and check every answer."""
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings

    story = client.ask("POST", "/api/stories", {})[1]["id"]
    checks = schemathesis.checks.CHECKS
    without = [checks.get_one("positive_data_acceptance")]  # fields that fit may not fit one another

    @settings(
        max_examples=NUM_EXAMPLES,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        if mode.is_positive and "id" in case.path_parameters:
            case.path_parameters["id"] = story  # of the stories that are drawn there is none
        address, headers = f"http://127.0.0.1:{client.port}", {"Authorization": f"Bearer {TOKEN}"}
        case.call_and_validate(base_url=address, headers=headers, excluded_checks=without)

    send()
