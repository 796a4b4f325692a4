"""The page on which a network learns: its numbers are those of the micro author and of the library, and it learns."""

import importlib.util
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from chromium import Chromium, chromium
from folders import ROOT, SHELF

from penwright import CharModel, ModelConfig
from penwright.evaluation.baselines.ngram_tables import iter_probabilities

pytestmark = pytest.mark.slow
FOLDER = ROOT / "docs" / "press-train"
V, H, T = 11, 6, 20
IDS = [random.Random(5).randrange(V) for _ in range(T + 1)]


@pytest.fixture(scope="module")
def micro() -> ModuleType:
    """The micro author as a module."""
    spec = importlib.util.spec_from_file_location("micro_author", ROOT / "lessons" / "micro_author.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A browser with the network's script."""
    folder = tmp_path_factory.mktemp("page")
    script = (FOLDER / "network.js").read_text(encoding="utf-8")
    (folder / "page.html").write_text(f'<meta charset="utf-8"><script>{script}</script>', encoding="utf-8")
    with chromium(tmp_path_factory.mktemp("profile")) as opened:
        opened.open(folder / "page.html")
        yield opened


def in_page(browser: Chromium, kind: str, tables: dict[str, Any], body: str) -> Any:
    """Return what a function body makes of `network`, which has the tables given, and of `ids` and `h`."""
    arrays = {name: np.asarray(table, np.float64).ravel().tolist() for name, table in tables.items()}
    return browser.evaluate(
        f"(() => {{ const network = new Network({json.dumps(kind)}, {V}, {H}, randomNumbers(1)), ids = {IDS};"
        f"const tables = {json.dumps(arrays)}, h = Float64Array.from({STATE.tolist()});"
        f"for (const name in tables) network.tables[name].set(tables[name]); {body} }})()"
    )


STATE = np.tanh(np.random.default_rng(4).normal(size=H))
READ = """const read = network.forward(ids, h), slopes = network.backward(ids, read.steps), lists = {};
for (const name in slopes) lists[name] = Array.from(slopes[name]);
return { loss: read.loss, state: Array.from(read.state), slopes: lists };"""


def by_columns(network: dict[str, Any]) -> dict[str, Any]:
    """Return the tables as the page keeps them: W by columns."""
    return network | {"W": np.transpose(network["W"])}


@pytest.mark.parametrize("kind", ["elman", "one character"])
def test_the_network_is_the_micro_author(micro: ModuleType, browser: Chromium, kind: str) -> None:
    """Loss, state, every slope, an update, and a text from the same random numbers."""
    network = micro.new_network(V, H, random.Random(3))
    if kind == "one character":
        network["U"] = np.zeros((H, H)).tolist()
    loss, states, chances = micro.forward(network, IDS, STATE.tolist())
    slopes = by_columns(micro.backward(network, IDS, states, chances))
    if kind == "one character":
        slopes["U"] = np.zeros((H, H))
    found = in_page(browser, kind, by_columns(network), READ)
    assert found["loss"] == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(found["state"], states[-1], rtol=1e-10)
    for name, slope in slopes.items():
        np.testing.assert_allclose(found["slopes"][name], np.ravel(slope), rtol=1e-8, atol=1e-14, err_msg=name)

    draws = [random.Random(6).random() for _ in range(40)]
    body = f"let t = 0; return network.write([1, 4], 40, () => {draws}[t++], 0.7).written;"
    assert in_page(browser, kind, by_columns(network), body) == micro.write(network, [1, 4], draws, temperature=0.7)
    body = f"""const adam = new Adam(network.tables); for (let t = 0; t < 3; t++)
    adam.update(network.tables, network.backward(ids, network.forward(ids, h).steps), 0.01);
    return Array.from(network.tables.{"R" if kind == "one character" else "U"});"""
    moved, memory = json.loads(json.dumps(network)), {}
    for t in range(1, 4):
        _, states, chances = micro.forward(moved, IDS, STATE.tolist())
        gradients = micro.backward(moved, IDS, states, chances)
        if kind == "one character":
            gradients["U"] = np.zeros((H, H)).tolist()
        micro.adam(moved, gradients, memory, t, 0.01)
    after = in_page(browser, kind, by_columns(network), body)
    np.testing.assert_allclose(after, np.ravel(moved["R" if kind == "one character" else "U"]), rtol=1e-7)


def test_the_gru_is_that_of_the_library(browser: Chromium) -> None:
    shape = {"cell": "gru", "gru_reset": "before", "embedding_dim": 0, "hidden_size": H, "num_layers": 1}
    generator = torch.Generator().manual_seed(3)
    model = CharModel(ModelConfig(vocab_size=V, is_residual=False, **shape), generator=generator).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64), alpha=0.4)
    state = model.initial_state(1)
    state = state._replace(layers=(state.layers[0]._replace(hidden=torch.from_numpy(STATE[None])),))
    logits = []
    for read in IDS[:-1]:
        row, state = model.step(torch.tensor([read]), state)
        logits.append(row[0])
    loss = F.cross_entropy(torch.stack(logits), torch.tensor(IDS[1:]))
    loss.backward()
    weights = dict(model.named_parameters())
    names = {"W": "layers.0.input_weight", "U": "layers.0.recurrent_weight", "b": "layers.0.bias"}
    names |= {"R": "readout_weight", "c": "readout_bias"}
    found = in_page(browser, "gru", by_columns({n: weights[o].detach().numpy() for n, o in names.items()}), READ)
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(found["state"], state.layers[0].hidden[0].detach(), rtol=1e-10)
    for name, slope in by_columns({n: weights[o].grad.numpy() for n, o in names.items()}).items():
        np.testing.assert_allclose(found["slopes"][name], np.ravel(slope), rtol=1e-8, atol=1e-14, err_msg=name)


def test_the_tables_are_those_of_the_library(browser: Chromium) -> None:
    draw = random.Random(8)
    train, test = ([draw.choice([0, 0, 1, 2, 3]) for _ in range(n)] for n in (300, 90))
    texts = ([np.array(train, np.uint8)], [np.array(test, np.uint8)])
    expected = iter_probabilities(*texts, num_symbols=4, first_symbol=0, max_order=5)
    found = browser.evaluate(f"tableLosses({train}, {test}, 4, 5)")
    assert found == pytest.approx([-np.log(chances).mean() for chances in expected], rel=1e-9)


def test_a_person_presses_train_and_it_learns(tmp_path: Path) -> None:
    """With what the page of the documentation holds, from disk, without any network."""
    widget = "\n".join(re.findall(r"^<.*>$", (ROOT / "docs" / "press-train.md").read_text(encoding="utf-8"), re.M))
    (tmp_path / "press-train").mkdir()
    for source in FOLDER.iterdir():
        (tmp_path / "press-train" / source.name).write_bytes(source.read_bytes())
    (tmp_path / "lessons").mkdir()
    books = "\n".join(book.read_text(encoding="utf-8") for book in sorted(SHELF.glob("*.txt")))
    names = (ROOT / "lessons" / "data" / "names.txt").read_text(encoding="utf-8")
    texts = f"const TEXTS = {json.dumps({'books': books, 'names': names})};"
    (tmp_path / "lessons" / "texts.js").write_text(texts, encoding="utf-8")
    (tmp_path / "page.html").write_text(f'<!doctype html><meta charset="utf-8">{widget}', encoding="utf-8")

    def number(pattern: str) -> float:
        status = page.evaluate("document.querySelector('.status').textContent")
        found = re.search(pattern, status)
        assert found is not None, status
        return float(found[1].replace(",", ""))

    (tmp_path / "profile").mkdir()
    with chromium(tmp_path / "profile") as page:
        page.open(tmp_path / "page.html")
        assert number(r"^([\d,]+) of") == 0
        assert number(r"loss ([\d.]+)") == pytest.approx(number(r"ln V ([\d.]+)"), abs=0.2)
        page.evaluate("document.querySelector('button').click()")
        page.wait_for("document.querySelectorAll('.diary li').length >= 3")
        page.evaluate("document.querySelector('button').click()")
        assert page.evaluate("document.querySelector('button').textContent") == "Go on"
        at = number(r"^([\d,]+) of")
        assert number(r"loss ([\d.]+)") < number(r"order 1 ([\d.]+)") + 0.2
        assert len(page.evaluate("document.querySelector('.letters').textContent")) == 64
        assert page.evaluate("document.querySelectorAll('.chart path.held-out').length") == 1
        page.evaluate("new Promise((done) => setTimeout(done, 100))")
        assert number(r"^([\d,]+) of") == at  # it rests

        choose = "const s = document.querySelector('select'); s.value = '{}'; s.dispatchEvent(new Event('change'));"
        page.evaluate(choose.format("own"))
        assert "needs at least 400" in page.evaluate("document.querySelector('.status').textContent")
        assert page.evaluate("document.querySelector('button').disabled")
        own = "A lamp, ein Licht, 灯. " * 30
        page.evaluate(f"document.querySelector('textarea').value = {json.dumps(own)};")
        page.evaluate("document.querySelector('textarea').dispatchEvent(new Event('input'))")
        assert number(r"ln V ([\d.]+)") == pytest.approx(np.log(len(set(own))), abs=0.001)
        page.evaluate("document.querySelector('button').click()")
        page.wait_for("document.querySelector('progress').value === 1")
        assert number(r"loss ([\d.]+)") < 0.1  # it knows the sentence by heart
        assert page.complaints == []
        assert all(address.startswith("file://") for address in page.requests)
