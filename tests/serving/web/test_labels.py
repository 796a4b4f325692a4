"""The field `as`: each request is written under its own label, as the library writes it, beside any others."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from math import log
from typing import Any

import pytest
from served import LABELS, PROSE, Client, labelled_author, running_server

pytest.importorskip("uvicorn", reason="the server's packages are not installed: pip install 'penwright[serve]'")

from penwright.evaluation.texts import character_bits
from penwright.serving.web.page import page_routes

AUTHOR = labelled_author()
MIXTURES: list[Any] = [
    None,
    "none",
    "austen",
    "AUSTEN, doyle",
    "austen:0.7,doyle:0.3",
    "Doe, John",
    {"Jane Austen": 3, "doyle": 1},
    {"Doe, John": 0.5},
]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with running_server(author=AUTHOR, label="austen:0.5,doyle:0.5", routes=page_routes()) as found:
        yield found


def needed(wanted: Any, prompt: str) -> str:
    """What the library writes. A request without the field is written under the label of the server."""
    author = AUTHOR.labelled("austen,doyle" if wanted is None else wanted)
    return author.write(prompt, max_chars=60, seed=3)


@pytest.mark.parametrize("prompt", ["", "The lamp ", PROSE * 5])
def test_each_text_is_the_librarys_whatever_is_written_beside_it(client: Client, prompt: str) -> None:
    def ask(wanted: Any) -> str:
        answer = client.complete(prompt=prompt, max_tokens=400, seed=3, **{"as": wanted})  # nibbles are tokens too
        return str(answer["choices"][0]["text"])[:60]

    texts = [needed(wanted, prompt) for wanted in MIXTURES]
    assert len(set(texts)) > 4, "labels make a difference"
    for _ in range(2):  # then the states after the prompt are kept
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(ask, MIXTURES)) == texts


def test_a_prompt_is_scored_under_the_label(client: Client) -> None:
    for wanted in ("none", "doyle"):
        fields = {"prompt": PROSE, "echo": True, "logprobs": 0, "max_tokens": 0, "as": wanted}
        log_probs = client.complete(**fields)["choices"][0]["logprobs"]["token_logprobs"]
        author = AUTHOR.labelled(wanted)
        bits = character_bits(author.costs(), author.alphabet, PROSE)
        assert [-each / log(2) for each in log_probs[1:]] == pytest.approx(bits[1:].tolist(), abs=1e-4)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("austin", "this author has no label 'austin'. Did you mean 'Jane Austen'?"),
        ({"Jane": 1, "nobody": 1}, "this author has no label 'nobody'"),
        ("", "the label is empty"),
        ("x" * 2_001, "at most 2,000 characters"),
        (",".join(["austen"] * 17), "as names 17 labels; it must name 1 to 16."),
        ({}, "as names 0 labels"),
        ({"x" * 201: 1}, "a label='xxx"),
        ({"": 1}, "no label ''"),
        ({"austen": -1}, "a share=-1 must be a number from 0 to 1,000,000"),
        ({"austen": 10**400}, "a share=a number of 1,329 bits"),
        ({"austen": True}, "a share=True"),
        ({"austen": "much"}, "a share='much'"),
        (7, "as=7 must be text"),
        (["austen"], "as=['austen'] must be text"),
    ],
)
def test_what_is_no_mixture_is_refused_in_a_sentence(client: Client, wanted: Any, told: str) -> None:
    status, error = client.refused(**{"prompt": "The", "as": wanted})
    assert (status, error["param"]) == (400, "as") and told in error["message"]


def test_the_labels_are_listed(client: Client) -> None:
    assert client.ask("GET", "/v1/models")[1]["data"][0]["labels"] == list(LABELS)
    about = client.ask("GET", "/api/about")[1]
    assert (about["labels"], about["label"]) == (list(LABELS), "austen:0.5,doyle:0.5")


def test_an_author_without_labels_refuses_them() -> None:
    with running_server() as client:
        status, error = client.refused(**{"prompt": "The", "as": "austen"})
        assert (status, error["param"]) == (400, "as") and "this author knows no labels" in error["message"]
        assert client.ask("GET", "/v1/models")[1]["data"][0]["labels"] == []
