"""Real clients: each gets what the author writes. Those that are not installed are passed over with a sentence."""

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from folders import ROOT
from served import ENGINES, LEARNT, MODEL, PROSE, TOKEN, Client, expected_text, running_server

from penwright.serving.engine.request import TextRequest
from penwright.writing.options import SamplingConfig

pytest.importorskip("uvicorn", reason="the server's packages are not installed: pip install 'penwright[serve]'")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

PROMPT = "The lamp"
NUM_CHARS = 60


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with running_server(max_rows=64, max_waiting=64) as found:
        yield found


def expected(prompt: str = PROMPT, *, index: int = 0, **sampling: Any) -> str:
    request = TextRequest(prompt=prompt, max_symbols=NUM_CHARS, seed=3, sampling=SamplingConfig(**sampling))
    return expected_text(request, index)


def package(name: str) -> Any:
    """A package that need not be installed."""
    return pytest.importorskip(name, reason=f"{name} is not installed: pip install {name.replace('_', '-')}")


def test_curl(client: Client) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    url = f"http://127.0.0.1:{client.port}/v1/completions"
    body = json.dumps({"prompt": PROMPT, "max_tokens": NUM_CHARS, "seed": 3, "stream": True})
    command = ["curl", "-sN", url, "-H", f"Authorization: Bearer {TOKEN}", "-H", "Content-Type: application/json"]
    lines = subprocess.run([*command, "-d", body], capture_output=True, text=True, check=True).stdout.split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""]
    assert "".join(json.loads(line[6:])["choices"][0]["text"] for line in lines[:-2]) == expected()


def openai_client(client: Client, **options: Any) -> Any:
    return package("openai").OpenAI(base_url=f"http://127.0.0.1:{client.port}/v1", api_key=TOKEN, **options)


def test_openai(client: Client) -> None:
    openai = package("openai")
    asked = {"model": MODEL, "max_tokens": NUM_CHARS, "seed": 3}
    with openai_client(client) as api:
        assert [model.id for model in api.models.list()] == [MODEL]
        assert api.models.retrieve(MODEL).owned_by == "penwright"
        whole = api.completions.create(prompt=[PROMPT, "Mr."], n=2, logprobs=2, **asked)
        assert [choice.text for choice in whole.choices] == [
            expected(prompt, index=index) for prompt in (PROMPT, "Mr.") for index in range(2)
        ]
        assert whole.usage.total_tokens == 11 + 4 * NUM_CHARS
        assert whole.choices[0].logprobs.text_offset[0] == len(PROMPT)
        stream = api.completions.create(
            prompt=PROMPT, stream=True, stream_options={"include_usage": True}, logprobs=1, echo=True, **asked
        )
        events = list(stream)
        assert "".join(event.choices[0].text for event in events if event.choices) == PROMPT + expected()
        assert events[-1].usage.completion_tokens == NUM_CHARS
        assert events[-2].choices[0].finish_reason == "length"
        with pytest.raises(openai.BadRequestError) as refused:
            api.completions.create(prompt=PROMPT, **{**asked, "max_tokens": 10**7})
        assert refused.value.param == "max_tokens"
        with pytest.raises(openai.NotFoundError):
            api.completions.create(model="another", prompt=PROMPT)
        with pytest.raises(openai.NotFoundError, match="/v1/completions"):
            api.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hello"}])
    with package("openai").OpenAI(base_url=f"http://127.0.0.1:{client.port}/v1", api_key="wrong") as api:
        with pytest.raises(openai.AuthenticationError, match="token"):
            api.models.list()


def test_openai_leaves_a_stream(client: Client) -> None:
    import time

    with openai_client(client) as api:
        stream = api.completions.create(model=MODEL, prompt=PROMPT, max_tokens=100_000, stream=True)
        next(iter(stream))
        stream.close()
        until = time.monotonic() + 5
        while client.service.engine.metrics.num_running:
            assert time.monotonic() < until
            time.sleep(0.01)


def test_llm_as_a_client(client: Client, tmp_path: Path) -> None:
    package("llm")
    home = tmp_path / "llm"
    home.mkdir()
    (home / "extra-openai-models.yaml").write_text(
        f"- model_id: lamp\n  model_name: {MODEL}\n  api_base: http://127.0.0.1:{client.port}/v1\n"
        "  api_key_name: lamp\n  completion: true\n",
        encoding="utf-8",
    )
    (home / "keys.json").write_text(json.dumps({"lamp": TOKEN}), encoding="utf-8")
    command = [sys.executable, "-m", "llm", "-m", "lamp", PROMPT, "-o", "seed", "3", "-o", "max_tokens", str(NUM_CHARS)]
    import os

    environment = {**os.environ, "LLM_USER_PATH": str(home), "PYTHONPATH": os.pathsep.join(sys.path)}
    answer = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    assert answer.rstrip("\n") == expected(temperature=0.8).rstrip("\n")


def test_llm_writes_without_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    package("llm")
    spec = importlib.util.spec_from_file_location("llm_penwright", ROOT / "plugins/llm-penwright/llm_penwright.py")
    assert spec is not None and spec.loader is not None
    plugin = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(plugin)
    from penwright import Author

    author = Author.from_box()
    model = plugin.Penwright()
    asked = {"seed": 7, "max_chars": 50}
    first = author.write("It was a dark", **asked)
    assert model.prompt("It was a dark", **asked).text() == first
    talk = model.conversation()
    assert talk.prompt("It was a dark", **asked).text() == first
    again = talk.prompt(" And then", **asked).text()
    assert again == author.write(f"It was a dark{first} And then", **asked)
    assert len(model.prompt("It", seed=1).text().split()) > 200
    with pytest.raises(Exception, match="temperature"):
        model.prompt("It", temperature=99).text()


def test_langchain(client: Client) -> None:
    langchain, openai = package("langchain_openai"), package("openai")
    with openai.DefaultHttpxClient() as http:  # its own are kept open for good
        model = langchain.OpenAI(
            base_url=f"http://127.0.0.1:{client.port}/v1",
            api_key=TOKEN,
            model=MODEL,
            max_tokens=NUM_CHARS,
            temperature=0,
            http_client=http,
        )
        text = expected(temperature=0)
        assert model.invoke(PROMPT) == text
        assert "".join(model.stream(PROMPT)) == text
        result = model.generate([PROMPT, "Mr."])
    assert [each[0].text for each in result.generations] == [text, expected("Mr.", temperature=0)]
    assert result.llm_output["token_usage"]["total_tokens"] == 11 + 2 * NUM_CHARS


def test_lm_eval(client: Client) -> None:
    """The harness measures what the author's own scorer does."""
    package("lm_eval")
    import os

    import numpy as np
    from lm_eval.api.instance import Instance
    from lm_eval.models.openai_completions import LocalCompletionsAPI

    from penwright.writing.costs import symbol_nats

    os.environ["OPENAI_API_KEY"] = TOKEN
    model = LocalCompletionsAPI(
        base_url=f"http://127.0.0.1:{client.port}/v1/completions",
        model=MODEL,
        tokenizer_backend="remote",
        auth_token=TOKEN,
        tokenized_requests=True,
        num_concurrent=1,
        batch_size=2,
    )
    pairs = [(PROSE[:40], PROSE[40:]), ("", PROSE), ("The lamp", " went out")]
    asked = [
        Instance(request_type="loglikelihood", doc={}, arguments=pair, idx=number) for number, pair in enumerate(pairs)
    ]
    found = model.loglikelihood(asked)
    for (context, text), (value, _) in zip(pairs, found, strict=True):
        before = LEARNT.encode(context or "\n")
        ids = np.concatenate([[0], before, LEARNT.encode(text)])
        nats = symbol_nats(ENGINES["characters"], ids)[len(before) :]
        assert value == pytest.approx(-nats.sum(), abs=1e-4, rel=1e-6)
