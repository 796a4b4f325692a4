"""What every layer promises: a window equals its characters one by one, in value, state and every gradient."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from penwright.model.cells.base import Layer, ProjectedLayer, fill_glorot, reset_state, unrolled
from penwright.model.cells.elman import Elman
from penwright.model.cells.gated import Gated
from penwright.model.cells.gru import Gru
from penwright.model.cells.lstm import Lstm
from penwright.model.cells.perceptron import Perceptron
from penwright.model.cells.window import Window
from penwright.model.residual import ResidualBlock

INPUT_SIZE, HIDDEN_SIZE = 5, 4
MAKERS: dict[str, Callable[[torch.Generator], Layer[Any]]] = {
    "perceptron": lambda generator: Perceptron(INPUT_SIZE, HIDDEN_SIZE, generator=generator),
    "window of 1": lambda generator: Window(INPUT_SIZE, HIDDEN_SIZE, 1, generator=generator),
    "window of 4": lambda generator: Window(INPUT_SIZE, HIDDEN_SIZE, 4, generator=generator),
    "elman": lambda generator: Elman(INPUT_SIZE, HIDDEN_SIZE, generator=generator),
    "gru before": lambda generator: Gru(INPUT_SIZE, HIDDEN_SIZE, reset="before", generator=generator),
    "gru after": lambda generator: Gru(INPUT_SIZE, HIDDEN_SIZE, reset="after", generator=generator),
    "lstm": lambda generator: Lstm(INPUT_SIZE, HIDDEN_SIZE, generator=generator),
    "gated": lambda generator: Gated(INPUT_SIZE, HIDDEN_SIZE, generator=generator),
    "residual": lambda generator: ResidualBlock(
        Gru(INPUT_SIZE, HIDDEN_SIZE, generator=generator), INPUT_SIZE, 6, generator=generator
    ),
}
PROJECTED = ["perceptron", "elman", "gru before", "gru after", "lstm"]


def make(name: str) -> Layer[Any]:
    """A layer in double precision, none of its weights zero, so that no gradient is zero by accident."""
    generator = torch.Generator().manual_seed(7)
    layer = MAKERS[name](generator).double()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter += 0.3 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return layer


def random_state(layer: Layer[Any], batch_size: int, generator: torch.Generator) -> Any:
    """A state as if something had been read, ready for gradients."""
    template = layer.initial_state(batch_size)
    tensors = [torch.randn(tensor.shape, generator=generator, dtype=tensor.dtype) for tensor in template]
    return type(template)(*[tensor.requires_grad_() for tensor in tensors])


def results_and_gradients(
    layer: Layer[Any], read: Callable[[Tensor, Any], tuple[Tensor, Any]], inputs: Tensor, state: Any
) -> dict[str, Tensor]:
    """Everything a reading leads to: outputs, final state, and gradients of all that went in."""
    inputs = inputs.clone().requires_grad_()
    outputs, final = read(inputs, state)
    results = {"outputs": outputs, **{f"final {field}": value for field, value in final._asdict().items()}}
    # A different weight for every number, so that no two errors can cancel out.
    loss = sum((value * torch.cos(torch.arange(value.numel()).view(value.shape))).sum() for value in results.values())
    sources = {"inputs": inputs, **dict(layer.named_parameters()), **state._asdict()}
    gradients = torch.autograd.grad(loss, list(sources.values()), allow_unused=True)  # type: ignore[arg-type]
    for (name, source), gradient in zip(sources.items(), gradients, strict=True):
        results[f"gradient of {name}"] = torch.zeros_like(source) if gradient is None else gradient
    return results


def assert_same(found: dict[str, Tensor], needed: dict[str, Tensor]) -> None:
    """Compare all results of two readings, by name."""
    assert found.keys() == needed.keys()
    for name, value in needed.items():
        torch.testing.assert_close(
            found[name], value, rtol=1e-10, atol=1e-12, msg=lambda text, name=name: f"{name}: {text}"
        )


@st.composite
def windows(draw: st.DrawFn) -> tuple[int, int, int, Tensor | None]:
    """A seed, the number of lanes, the number of characters, and where texts begin."""
    batch_size, seq_len = draw(st.integers(1, 3)), draw(st.integers(1, 6))
    row = st.lists(st.booleans(), min_size=batch_size, max_size=batch_size)
    resets = draw(st.none() | st.lists(row, min_size=seq_len, max_size=seq_len))
    return draw(st.integers(0, 2**31)), batch_size, seq_len, None if resets is None else torch.tensor(resets)


@pytest.mark.parametrize("name", MAKERS)
@settings(max_examples=15)
@given(window=windows())
def test_a_sequence_equals_its_steps_with_any_resets(name: str, window: tuple[int, int, int, Tensor | None]) -> None:
    seed, batch_size, seq_len, resets = window
    layer, generator = make(name), torch.Generator().manual_seed(seed)
    inputs = torch.randn(seq_len, batch_size, INPUT_SIZE, generator=generator, dtype=torch.float64)
    state = random_state(layer, batch_size, generator)
    whole = results_and_gradients(layer, lambda x, s: layer.sequence(x, s, resets), inputs, state)
    steps = results_and_gradients(layer, lambda x, s: unrolled(layer, x, s, resets), inputs, state)
    assert_same(whole, steps)


@pytest.mark.parametrize("name", MAKERS)
@settings(max_examples=15)
@given(window=windows(), cut=st.integers(1, 5))
def test_a_sequence_equals_two_windows_with_carried_state(
    name: str, window: tuple[int, int, int, Tensor | None], cut: int
) -> None:
    seed, batch_size, seq_len, resets = window
    layer, generator, cut = make(name), torch.Generator().manual_seed(seed), min(cut, seq_len)
    inputs = torch.randn(seq_len + 1, batch_size, INPUT_SIZE, generator=generator, dtype=torch.float64)
    resets = None if resets is None else torch.cat((resets, resets[:1]))
    state = random_state(layer, batch_size, generator)

    def in_two_windows(values: Tensor, carried: Any) -> tuple[Tensor, Any]:
        first, second = (None, None) if resets is None else (resets[:cut], resets[cut:])
        early, carried = layer.sequence(values[:cut], carried, first)
        late, carried = layer.sequence(values[cut:], carried, second)
        return torch.cat((early, late)), carried

    whole = results_and_gradients(layer, lambda x, s: layer.sequence(x, s, resets), inputs, state)
    assert_same(results_and_gradients(layer, in_two_windows, inputs, state), whole)


@pytest.mark.parametrize("with_resets", [False, True], ids=["one text", "resets"])
@pytest.mark.parametrize("name", PROJECTED)
def test_a_sequence_in_bfloat16_stays_near_its_steps_in_full_precision(name: str, with_resets: bool) -> None:
    layer, generator = make(name).float(), torch.Generator().manual_seed(5)
    inputs = torch.randn(8, 40, INPUT_SIZE, generator=generator)
    resets = torch.rand(8, 40, generator=generator) < 0.2 if with_resets else None
    state = type(layer.initial_state(40))(
        *[torch.randn(part.shape, generator=generator).requires_grad_() for part in layer.initial_state(40)]
    )

    def rounded(values: Tensor, carried: Any) -> tuple[Tensor, Any]:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return layer.sequence(values, carried, resets)

    found = results_and_gradients(layer, rounded, inputs, state)
    needed = results_and_gradients(layer, lambda x, s: unrolled(layer, x, s, resets), inputs, state)
    assert found.keys() == needed.keys()
    for part, value in needed.items():
        assert found[part].dtype == torch.float32, part
        error = (found[part] - value).norm() / value.norm().clamp(min=1e-9)
        assert error < 0.02, f"{part}: off by {error:.4f}"  # a bfloat16 is within 0.004 of its number


@pytest.mark.parametrize("name", MAKERS)
def test_memory_layout_makes_no_difference(name: str) -> None:
    layer, generator = make(name), torch.Generator().manual_seed(1)
    inputs = torch.randn(5, 3, INPUT_SIZE, generator=generator, dtype=torch.float64)
    state = random_state(layer, 3, generator)
    lane_major = results_and_gradients(
        layer, lambda x, s: layer.sequence(x.transpose(0, 1).contiguous().transpose(0, 1), s), inputs, state
    )
    assert_same(lane_major, results_and_gradients(layer, layer.sequence, inputs, state))


@pytest.mark.parametrize("name", MAKERS)
def test_a_text_that_begins_anew_owes_nothing_to_the_one_before(name: str) -> None:
    layer, generator = make(name), torch.Generator().manual_seed(2)
    inputs = torch.randn(6, 2, INPUT_SIZE, generator=generator, dtype=torch.float64)
    resets = torch.tensor([[False, False, True, False, False, False]] * 2).t()
    outputs, final = layer.sequence(inputs, random_state(layer, 2, generator), resets)
    afresh, afresh_final = layer.sequence(inputs[2:], layer.initial_state(2))
    torch.testing.assert_close(outputs[2:], afresh)
    torch.testing.assert_close(tuple(final), tuple(afresh_final))


@pytest.mark.parametrize("name", [name for name in MAKERS if name != "residual"])
def test_dropout_acts_on_the_inputs_vectors_and_ids_alike(name: str) -> None:
    layer, generator = make(name), torch.Generator().manual_seed(8)
    ids = torch.randint(INPUT_SIZE, (4, 2), generator=generator)
    vectors = torch.nn.functional.one_hot(ids, INPUT_SIZE).double()
    state = random_state(layer, 2, generator)
    needed = layer.sequence(1.25 * vectors, state)
    for inputs in (vectors, ids):
        torch.testing.assert_close(layer.sequence(inputs, state, drop=lambda values: 1.25 * values), needed)


@pytest.mark.parametrize("name", MAKERS)
def test_a_call_leaves_its_arguments_and_the_layer_as_they_were(name: str) -> None:
    layer, generator = make(name), torch.Generator().manual_seed(3)
    inputs = torch.randn(4, 2, INPUT_SIZE, generator=generator, dtype=torch.float64)
    state = random_state(layer, 2, generator)
    arguments = [inputs, *state, *layer.parameters()]
    before = [argument.clone() for argument in arguments]
    first, _ = layer.sequence(inputs, state)
    second, _ = layer.sequence(inputs, state)
    layer.step(inputs[0], state)
    torch.testing.assert_close(arguments, before, rtol=0, atol=0, check_stride=False)
    assert torch.equal(first, second)


@pytest.mark.parametrize("name", MAKERS)
def test_the_initial_state_is_zeros_by_lane_in_the_type_of_the_weights(name: str) -> None:
    for layer in (make(name), make(name).float()):
        for tensor in layer.initial_state(3):
            assert tensor.shape[0] == 3
            assert tensor.dtype == next(layer.parameters()).dtype
            assert not tensor.any()


@pytest.mark.parametrize("name", MAKERS)
def test_the_same_generator_gives_the_same_weights_and_the_global_one_is_left_alone(name: str) -> None:
    before = torch.get_rng_state()
    first, second = (MAKERS[name](torch.Generator().manual_seed(5)) for _ in range(2))
    other = MAKERS[name](torch.Generator().manual_seed(6))
    torch.testing.assert_close(first.state_dict(), second.state_dict(), rtol=0, atol=0)
    assert any(not torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("shape", [(2,), (3, 2), (4, 3)], ids=str)
@pytest.mark.parametrize("is_scaled", [False, True], ids=["plain", "scaled"])
@pytest.mark.parametrize("name", PROJECTED)
def test_looking_up_ids_equals_the_product_of_one_hot_vectors(
    name: str, is_scaled: bool, shape: tuple[int, ...]
) -> None:
    layer, generator = make(name), torch.Generator().manual_seed(4)
    assert isinstance(layer, ProjectedLayer)
    ids = torch.randint(INPUT_SIZE, shape, generator=generator)
    scale = torch.rand(shape, generator=generator, dtype=torch.float64) if is_scaled else None
    vectors = torch.nn.functional.one_hot(ids, INPUT_SIZE).double()
    needed = layer.project(vectors if scale is None else vectors * scale.unsqueeze(-1))
    found = layer.look_up(ids, scale=scale)
    torch.testing.assert_close(found, needed)
    upstream = torch.randn(needed.shape, generator=generator, dtype=torch.float64)
    weights = (layer.input_weight, layer.bias)
    torch.testing.assert_close(
        torch.autograd.grad(found, weights, upstream), torch.autograd.grad(needed, weights, upstream)
    )


def test_resetting_heals_a_lane_that_is_no_longer_finite() -> None:
    layer = make("lstm")
    state = type(layer.initial_state(2))(*[torch.full((2, HIDDEN_SIZE), float("nan")) for _ in range(2)])
    healed = reset_state(state, torch.tensor([True, False]))
    assert type(healed) is type(state)
    for tensor in healed:
        assert not tensor[0].any()
        assert tensor[1].isnan().all()


def test_glorot_weights_fill_their_interval() -> None:
    weight = torch.empty(300, 300)
    fill_glorot(weight, fan_in=300, fan_out=600, generator=torch.Generator().manual_seed(0))
    limit = (6 / 900) ** 0.5
    assert weight.abs().max() <= limit
    assert weight.max() > 0.999 * limit
    assert weight.min() < -0.999 * limit
    assert weight.std().item() == pytest.approx(limit / 3**0.5, rel=0.02)  # 90,000 draws: 0.4 % would be two sigma
