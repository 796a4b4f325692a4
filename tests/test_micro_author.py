"""The micro author, in plain Python, computes what the library's plain cell computes: states, gradients, text."""

import ast
import importlib.util
import math
import random
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from folders import ROOT, SHELF

from penwright import CharModel, ModelConfig
from penwright.writing.options import SamplingConfig
from penwright.writing.sampling import choose_next

PATH = ROOT / "lessons" / "micro_author.py"
MAX_LINES = 200
V, H, T = 11, 7, 24
NAMES = {
    "W": "layers.0.input_weight",
    "U": "layers.0.recurrent_weight",
    "b": "layers.0.bias",
    "R": "readout_weight",
    "c": "readout_bias",
}
"""Names of the micro author's tables, and of the same weights in the library."""


@pytest.fixture(scope="module")
def micro() -> ModuleType:
    """The micro author as a module."""
    spec = importlib.util.spec_from_file_location("micro_author", PATH)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def model() -> CharModel:
    """An Elman network of the library in double precision, with biases that are not zero."""
    shape = {"cell": "elman", "embedding_dim": 0, "hidden_size": H, "num_layers": 1, "is_residual": False}
    generator = torch.Generator().manual_seed(3)
    made = CharModel(ModelConfig(vocab_size=V, **shape), generator=generator).double()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64), alpha=0.4)
    return made


def network_of(model: CharModel) -> dict[str, list[list[float]]]:
    """Return the weights of a model as the tables of the micro author."""
    weights = dict(model.named_parameters())
    return {
        name: weights[theirs].detach().reshape(-1, weights[theirs].shape[-1]).tolist() for name, theirs in NAMES.items()
    }


def test_states_loss_and_every_gradient_are_those_of_the_library(micro: ModuleType, model: CharModel) -> None:
    """Begun from a state that is not zero, as every window but the first of a book is."""
    rng = random.Random(5)
    ids = [rng.randrange(V) for _ in range(T + 1)]
    before = torch.randn(1, H, generator=torch.Generator().manual_seed(4), dtype=torch.float64).tanh()
    state = model.initial_state(1)
    state = state._replace(layers=(state.layers[0]._replace(hidden=before),))
    steps, after = [], state
    for read in ids[:-1]:  # the plain cell, and autograd: no kernel of the library has a part in it
        logits, after = model.step(torch.tensor([read]), after)
        steps.append(logits[0])
    loss = F.cross_entropy(torch.stack(steps), torch.tensor(ids[1:]))
    loss.backward()

    own, states, chances = micro.forward(network_of(model), ids, before[0].tolist())
    gradients = micro.backward(network_of(model), ids, states, chances)
    assert own == pytest.approx(loss.item(), rel=1e-12)
    assert states[-1] == pytest.approx(after.layers[0].hidden[0].tolist(), rel=1e-10, abs=1e-12)
    np.testing.assert_allclose(chances, torch.softmax(torch.stack(steps), dim=1).detach().numpy(), rtol=1e-10)
    weights = dict(model.named_parameters())
    for name, theirs in NAMES.items():
        gradient = weights[theirs].grad
        assert gradient is not None and gradient.abs().max() > 1e-4, name
        np.testing.assert_allclose(gradients[name], gradient.reshape(-1, gradient.shape[-1]), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("temperature", [0.0, 0.7, 1.0])
def test_it_writes_what_the_library_writes(micro: ModuleType, model: CharModel, temperature: float) -> None:
    rng = random.Random(6)
    prompt, draws = [1, 4, 2], [rng.random() for _ in range(60)]
    sampling = SamplingConfig(temperature=temperature, top_k=0, top_p=1.0, min_p=0.0)
    state, theirs = model.initial_state(1), []
    with torch.no_grad():
        for read in prompt:
            logits, state = model.step(torch.tensor([read]), state)
        for draw in draws:
            numbers = logits[0].numpy().astype(np.float32)
            theirs.append(choose_next(numbers, config=sampling, allowed=np.ones(V, dtype=np.bool_), draw=draw))
            logits, state = model.step(torch.tensor([theirs[-1]]), state)
    assert micro.write(network_of(model), prompt, draws, temperature=temperature) == theirs
    assert len(set(theirs)) > 1


def test_adam_is_that_of_torch(micro: ModuleType, model: CharModel) -> None:
    network, memory = network_of(model), {}
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, betas=(0.9, 0.99), eps=1e-8)
    ids = [1, 5, 3, 3, 9, 0, 2, 7]
    for t in range(1, 6):
        optimizer.zero_grad()
        logits, _ = model.sequence(torch.tensor([ids[:-1]]), model.initial_state(1))
        F.cross_entropy(logits[0], torch.tensor(ids[1:])).backward()
        optimizer.step()
        _, states, chances = micro.forward(network, ids, [0.0] * H)
        micro.adam(network, micro.backward(network, ids, states, chances), memory, t, 0.01)
    for name, table in network_of(model).items():
        np.testing.assert_allclose(network[name], table, rtol=1e-7, atol=1e-9)


def test_a_new_network_is_as_wide_as_one_of_the_library(micro: ModuleType, model: CharModel) -> None:
    network = micro.new_network(V, H, random.Random(1))
    theirs = network_of(model)
    for name, table in network.items():
        assert np.shape(table) == np.shape(theirs[name])
    assert 0.9 < np.abs(network["U"]).max() / math.sqrt(6 / (V + H + H)) <= 1.0
    assert 0.9 < np.abs(network["R"]).max() / math.sqrt(6 / (V + H)) <= 1.0


def test_it_learns_a_page_and_shows_each_loss_beside_simpler_ones(
    micro: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.txt"
    page.write_text((SHELF / "Vane_Lamp_1884.txt").read_text(encoding="utf-8"), encoding="utf-8")
    micro.main(str(page), "40")
    out = capsys.readouterr().out
    rows = [
        list(map(float, found))
        for found in re.findall(r"^ +\d+ +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+)$", out, re.M)
    ]
    assert len(rows) == 10
    assert rows[-1][0] < rows[0][0] and rows[-1][1] < rows[0][1]
    assert {row[2] for row in rows} == {round(math.log(len(set(page.read_text(encoding="utf-8")))), 3)}
    assert all(2.0 < row[3] < row[2] and 1.5 < row[4] < row[2] for row in rows)


def test_it_is_one_short_file_that_imports_nothing_but_the_standard_library() -> None:
    source = PATH.read_text(encoding="utf-8")
    assert source.count("\n") < MAX_LINES
    imported = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imported}
    assert names <= sys.stdlib_module_names, names
