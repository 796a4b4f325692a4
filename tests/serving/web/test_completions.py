"""The wire format of OpenAI's completions, as strict clients need it, over a real socket."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from served import ALPHABETS, LEARNT, MODEL, PROSE, Client, expected_text, running_server

from penwright.serving.engine.request import TextRequest
from penwright.writing.options import SamplingConfig

pytest.importorskip("uvicorn", reason="the server's packages are not installed: pip install 'penwright[serve]'")


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with running_server(max_rows=64, max_waiting=64) as found:
        yield found


def expected(prompt: Any, *, index: int = 0, unit: str = "characters", **options: Any) -> str:
    sampling = SamplingConfig(**{name: options.pop(name) for name in ("temperature",) if name in options})
    return expected_text(TextRequest(prompt=prompt, sampling=sampling, **options), index, unit=unit)


def test_a_text_is_the_one_that_the_author_writes(client: Client) -> None:
    body = client.complete(prompt="The lamp", max_tokens=50, seed=3, model=MODEL)
    [choice] = body["choices"]
    assert choice == {
        "text": expected("The lamp", max_symbols=50, seed=3),
        "index": 0,
        "logprobs": None,
        "finish_reason": "length",
    }
    assert body["object"] == "text_completion" and body["id"].startswith("cmpl-") and body["model"] == MODEL
    assert isinstance(body["created"], int)
    assert body["usage"] == {"prompt_tokens": 8, "completion_tokens": 50, "total_tokens": 58}


def test_null_and_empty_objects_are_the_same_as_nothing(client: Client) -> None:
    nothing = dict.fromkeys(
        ["logprobs", "stop", "suffix", "n", "best_of", "stream", "stream_options", "top_p", "user", "echo", "seed"]
    )
    body = client.complete(
        **{**nothing, "prompt": "The", "seed": 1, "max_tokens": 9, "logit_bias": {}, "temperature": 0}
    )
    assert body["choices"][0]["text"] == expected("The", max_symbols=9, seed=1, temperature=0)


def test_several_prompts_and_several_texts_come_in_the_order_of_the_prompts(client: Client) -> None:
    prompts: list[Any] = ["The lamp", "", "Mr."]
    body = client.complete(prompt=prompts, n=2, max_tokens=20, seed=4)
    texts = [(choice["index"], choice["text"]) for choice in body["choices"]]
    wanted = [expected(prompt, index=index, max_symbols=20, seed=4) for prompt in prompts for index in range(2)]
    assert texts == list(enumerate(wanted))
    assert body["usage"] == {"prompt_tokens": 11, "completion_tokens": 120, "total_tokens": 131}
    ids = [LEARNT.encode(prompt).tolist() for prompt in prompts]
    assert [c["text"] for c in client.complete(prompt=ids, n=2, max_tokens=20, seed=4)["choices"]] == wanted
    assert client.complete(prompt=ids[0], max_tokens=20, seed=4)["choices"][0]["text"] == wanted[0]


def test_without_a_seed_texts_differ(client: Client) -> None:
    texts = {client.complete(prompt="The", max_tokens=40, temperature=2)["choices"][0]["text"] for _ in range(3)}
    assert len(texts) == 3


@pytest.mark.parametrize("prompt", ["The lamp 灯", "", "T"])
@pytest.mark.parametrize("echo", [False, True])
def test_a_stream_is_the_whole_answer_in_parts(client: Client, prompt: str, echo: bool) -> None:
    fields = {"prompt": prompt, "max_tokens": 300, "seed": 5, "logprobs": 2, "echo": echo, "temperature": 3, "n": 2}
    whole = client.complete(**fields)["choices"]
    events = client.stream(**fields)
    assert len({event["id"] for event in events}) == 1
    assert all("usage" not in event and len(event["choices"]) == 1 for event in events)
    for choice in whole:
        parts = [event["choices"][0] for event in events if event["choices"][0]["index"] == choice["index"]]
        assert [part["finish_reason"] for part in parts] == [None] * (len(parts) - 1) + ["length"]
        assert parts[-1]["text"] == "" and not any(parts[-1]["logprobs"].values())
        assert "".join(part["text"] for part in parts) == choice["text"]
        for name, values in choice["logprobs"].items():
            assert [each for part in parts for each in part["logprobs"][name]] == values, name
        assert choice["text"].startswith(prompt if echo else "")
        check_offsets(choice, prompt if echo else "", 0 if echo else len(prompt))


def check_offsets(choice: dict[str, Any], prompt: str, start: int, *, num_top: int = 2) -> None:
    """Offsets count from the start of the prompt, and the chosen number is the same as the one in the list."""
    found = choice["logprobs"]
    offsets = found["text_offset"]
    assert offsets[:1] == [start] and all(one <= other for one, other in pairwise(offsets))
    for number, (token, log_prob, top) in enumerate(
        zip(found["tokens"], found["token_logprobs"], found["top_logprobs"], strict=True)
    ):
        if prompt and number == 0:
            assert log_prob is None and top is None
            continue
        assert top[token] == log_prob <= 0
        assert len(top) in (num_top, num_top + 1)
        is_within_prompt = number == 0 and not token.startswith(choice["text"][:1])  # a subword that goes on behind it
        if not token.startswith("<nibble") and not is_within_prompt:
            at = offsets[number] - start
            assert choice["text"][at : at + len(token)] == token


def test_an_evaluation_harness_gets_one_number_more_than_ids(client: Client) -> None:
    ids = LEARNT.encode(PROSE).tolist()
    fields = {"max_tokens": 1, "temperature": 0, "logprobs": 1, "echo": True, "seed": 1234, "model": MODEL}
    body = client.complete(prompt=[ids, ids[:5]], **fields)
    for choice, given in zip(body["choices"], [ids, ids[:5]], strict=True):
        values = choice["logprobs"]["token_logprobs"]
        assert len(values) == len(given) + 1 and values[0] is None
        assert len(choice["logprobs"]["tokens"]) == len(choice["logprobs"]["text_offset"]) == len(values)
        for value, top in zip(values[1:], choice["logprobs"]["top_logprobs"][1:], strict=True):
            assert value in top.values() and value <= max(top.values())
    assert body["usage"]["prompt_tokens"] == len(ids) + 5
    same = client.complete(prompt=PROSE, **{**fields, "max_tokens": 0})["choices"][0]["logprobs"]["token_logprobs"]
    assert same == body["choices"][0]["logprobs"]["token_logprobs"][:-1]


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_text_stops_before_a_string_and_says_so(client: Client, is_streamed: bool) -> None:
    fields = {"prompt": "The lamp", "max_tokens": 400, "seed": 6, "temperature": 1, "min_p": 0, "logprobs": 0}
    text = client.complete(**fields)["choices"][0]["text"]
    stop = text[100:103]
    expected_stopped = text[: text.index(stop)]
    fields |= {"stop": [stop, "never in this text"]}
    if is_streamed:
        parts = [event["choices"][0] for event in client.stream(**fields)]
        assert "".join(part["text"] for part in parts) == expected_stopped
        assert parts[-1]["finish_reason"] == "stop"
        assert sum(len(part["logprobs"]["tokens"]) for part in parts) >= len(expected_stopped)
    else:
        [choice] = client.complete(**fields)["choices"]
        assert choice["text"] == expected_stopped and choice["finish_reason"] == "stop"
        plain = [token for token in choice["logprobs"]["tokens"] if not token.startswith("<")]
        assert "".join(plain) == "".join(each for each in expected_stopped if each in LEARNT)


def test_the_usage_ends_a_stream_only_where_it_was_asked_for(client: Client) -> None:
    events = client.stream(prompt="The", max_tokens=7, stream_options={"include_usage": True})
    assert all(event["usage"] is None for event in events[:-1])
    assert events[-1]["choices"] == []
    assert events[-1]["usage"] == {"prompt_tokens": 3, "completion_tokens": 7, "total_tokens": 10}


def test_the_best_of_several_texts_is_the_most_probable(client: Client) -> None:
    fields = {"prompt": "The lamp", "max_tokens": 30, "seed": 2, "temperature": 3, "logprobs": 0}
    texts = client.complete(**fields, n=5)["choices"]
    best = sorted(texts, key=lambda choice: -sum(choice["logprobs"]["token_logprobs"]))[:2]
    found = client.complete(**fields, n=2, best_of=5)
    assert [choice["text"] for choice in found["choices"]] == [choice["text"] for choice in best]
    assert [choice["index"] for choice in found["choices"]] == [0, 1]
    assert found["usage"]["completion_tokens"] == 150


def test_a_bias_of_minus_100_bans_and_penalties_vary(client: Client) -> None:
    banned = str(LEARNT.texts.index("e"))
    body = client.complete(prompt="The", max_tokens=200, logit_bias={banned: -100}, seed=1)
    assert "e" not in body["choices"][0]["text"]
    greedy = {"prompt": "The", "max_tokens": 60, "temperature": 0}
    assert client.complete(**greedy) != client.complete(**greedy, frequency_penalty=2, presence_penalty=1)


def test_fields_that_nobody_knows_are_named(client: Client) -> None:
    connection, response = client.open(
        "POST", "/v1/completions", {"prompt": "a", "max_tokens": 1, "mirostat": 2, "grammar": "x", "é\n": 1, "x": None}
    )
    assert response.getheader("X-Penwright-Ignored-Fields") == "mirostat, grammar, ??"
    connection.close()
    connection, response = client.open("POST", "/v1/completions", {"prompt": "a", "max_tokens": 1, " ": 1, "x ": 1})
    assert response.status == 200 and response.getheader("X-Penwright-Ignored-Fields") == ", x"
    connection.close()


WRONG: list[tuple[dict[str, Any], str | None]] = [
    ({"max_tokens": -1}, "max_tokens"),
    ({"max_tokens": 10**9}, "max_tokens"),
    ({"max_tokens": 1.5}, "max_tokens"),
    ({"max_tokens": True}, "max_tokens"),
    ({"n": 0}, "n"),
    ({"n": 129}, "n"),
    ({"n": 65, "max_tokens": 1}, "n"),
    ({"n": 2, "best_of": 1}, "best_of"),
    ({"best_of": 2, "stream": True}, "best_of"),
    ({"temperature": -0.1}, "temperature"),
    ({"temperature": "hot"}, "temperature"),
    ({"top_p": 0}, "top_p"),
    ({"top_k": -5}, "top_k"),
    ({"min_p": 2}, "min_p"),
    ({"logprobs": 21}, "logprobs"),
    ({"logprobs": True}, "logprobs"),
    ({"logprobs": len(ALPHABETS["characters"].texts) + 100}, "logprobs"),
    ({"logprobs": 20, "max_tokens": 100_000}, "max_tokens"),
    ({"seed": -1}, "seed"),
    ({"seed": 2**63}, "seed"),
    ({"stop": ["a"] * 5}, "stop"),
    ({"stop": ["a", ""]}, "stop"),
    ({"stop": "x" * 1_001}, "stop"),
    ({"stop": 3}, "stop"),
    ({"logit_bias": {"x": 1}}, "logit_bias"),
    ({"logit_bias": {"99999": 1}}, "logit_bias"),
    ({"logit_bias": {"3": 101}}, "logit_bias"),
    ({"logit_bias": [1]}, "logit_bias"),
    ({"suffix": "end"}, "suffix"),
    ({"presence_penalty": 3}, "presence_penalty"),
    ({"stream": "yes"}, "stream"),
    ({"stream_options": {"include_usage": True}}, "stream_options"),
    ({"stream": True, "stream_options": []}, "stream_options"),
    ({"prompt": []}, "prompt"),
    ({"prompt": 3}, "prompt"),
    ({"prompt": ["a", 3]}, "prompt"),
    ({"prompt": [1.0]}, "prompt"),
    ({"prompt": [-1]}, "prompt"),
    ({"prompt": [10_000]}, "prompt"),
    ({"prompt": [[1], [True]]}, "prompt"),
    ({"model": 3}, "model"),
    ({"user": "x" * 1_001}, "user"),
    ({"max_words": 0}, "max_words"),
    ({"sentence_length": 9}, "sentence_length"),
]


@pytest.mark.parametrize(("fields", "param"), WRONG, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("is_streamed", [False, True])
def test_what_is_wrong_is_refused_before_the_first_byte(
    client: Client, fields: dict[str, Any], param: str | None, is_streamed: bool
) -> None:
    if is_streamed and fields.get("stream_options"):
        pytest.skip("these are right in a stream")
    asked = {"prompt": "The", **({"stream": True} if is_streamed else {}), **fields}
    status, error = client.refused(**asked)
    assert status == 400 and error["param"] == param and error["type"] == "invalid_request_error"


def test_another_model_is_not_found(client: Client) -> None:
    status, error = client.refused(prompt="a", model="gpt-3.5-turbo-instruct")
    assert status == 404 and error["code"] == "model_not_found" and MODEL in error["message"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"prompt": NaN}', 400),
        (b'{"temperature": Infinity}', 400),
        (b'{"temperature": 1e999}', 400),
        (b'{"seed": ' + b"9" * 5_000 + b"}", 400),
        (b'{"prompt": "a", "prompt": "b"}', 400),
        (b"[" * 100_000, 400),
        (b'{"prompt": "\xff"}', 400),
        (b'{"prompt": "' + b"a" * (17 << 20) + b'"}', 413),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_body_that_is_no_object_of_json_is_refused(client: Client, body: bytes, status: int) -> None:
    found, answer = client.ask("POST", "/v1/completions", body)
    assert found == status and set(answer["error"]) == {"message", "type", "param", "code"}


def test_a_body_of_another_kind_is_refused(client: Client) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        assert client.ask("POST", "/v1/completions", b"{}", headers={"Content-Type": kind})[0] == 415


def test_a_lone_surrogate_is_echoed(client: Client) -> None:
    [choice] = client.complete(prompt="a\ud800b", max_tokens=0, echo=True)["choices"]
    assert choice["text"] == "a\ud800b" and choice["finish_reason"] == "length"


def test_a_request_after_another_is_answered_as_on_a_fresh_server(client: Client) -> None:
    fields = {"prompt": PROSE, "max_tokens": 60, "seed": 9}
    client.complete(prompt="Mr. Vane " * 50, max_tokens=500, temperature=5, n=8)
    with running_server() as other:
        assert client.complete(**fields)["choices"] == other.complete(**fields)["choices"]


def test_subwords_are_served_too() -> None:
    with running_server(unit="bpe") as client:
        for prompt in ("The la", "", "T"):
            body = client.complete(prompt=prompt, max_tokens=30, seed=3, logprobs=1, temperature=1)
            [choice] = body["choices"]
            assert choice["text"] == expected(prompt, max_symbols=30, seed=3, temperature=1, unit="bpe")
            check_offsets(choice, "", len(prompt), num_top=1)
        status, body = client.ask("POST", "/tokenize", {"prompt": PROSE})
        assert client.ask("POST", "/detokenize", {"tokens": body["tokens"]}) == (200, {"prompt": PROSE})
