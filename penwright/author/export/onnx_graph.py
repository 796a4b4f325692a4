"""The single step of a network as an ONNX graph: an id and the state in, logits and the state out.

Every cell is spelled out in products, sums and functions of single numbers, as its own `step` computes them. ONNX has
operators for whole recurrent layers, but those come in forms of their own: a GRU whose reset gate acts on another side
of the product unless an attribute says otherwise.

Weights in 8 bits stay in 8 bits in the file, and are made float32 by a `Cast` and a product, which a runtime carries
out once. With a `DequantizeLinear` in their place, onnxruntime 1.32.0 rounds the other factor to 8 bits as well.

Shapes: B = texts side by side, any number; V = vocab_size, D = width of a layer's inputs, H = hidden_size, K = taps.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper

from penwright.model.config import CONV_SIZE, ModelConfig, window_size_of
from penwright.model.rounding import RoundedWeight

EPSILON = 1e-6
"""See `model.ops.EPSILON`."""
BATCH = "texts"
"""Name of the dimension of B."""
IDS, LOGITS, AFTER = "ids", "logits", "after."

Weights = Mapping[str, "NDArray[np.float32] | RoundedWeight"]


def step_graph(config: ModelConfig, weights: Weights) -> GraphProto:
    """Return the graph of one step.

    Its inputs are `ids`, int64 (B,), and then the state of every layer, float32 (B, ...), zero before the first symbol,
    such as `layers.0.hidden`. Its outputs are `logits`, (B, V), and every state after the step in the same order, such
    as `after.layers.0.hidden`.

    Args:
        config: Shape of a model without context models.
        weights: Every weight by its name in `state_dict`.
    """
    assert not config.has_context_models
    return _Builder(config, weights).graph()


class _Builder:
    """A graph that is being built. A value is known by its name."""

    def __init__(self, config: ModelConfig, weights: Weights) -> None:
        self._config, self._weights = config, weights
        self._nodes = list[NodeProto]()
        self._constants = list[TensorProto]()
        self._names = set[str]()
        self._inputs = [helper.make_tensor_value_info(IDS, TensorProto.INT64, [BATCH])]
        self._states_after = list[Any]()

    def graph(self) -> GraphProto:
        config, values = self._config, IDS
        if config.embedding_dim:
            values = self._op("Gather", self._weight("embedding"), IDS)  # (B, E)
        for layer in range(config.num_layers):
            values = self._block(values, layer) if config.is_residual else self._cell(values, layer, f"layers.{layer}.")
        top = self._norm(values) if config.is_residual else values
        product = self._product(top, "readout_weight")
        self._nodes.append(helper.make_node("Add", [product, self._weight("readout_bias")], [LOGITS]))
        logits = helper.make_tensor_value_info(LOGITS, TensorProto.FLOAT, [BATCH, config.vocab_size])
        outputs = [logits, *self._states_after]
        return helper.make_graph(self._nodes, "step", self._inputs, outputs, initializer=self._constants)

    def _block(self, stream: str, layer: int) -> str:
        """Add a block of a residual stack, see `ResidualBlock`."""
        own = f"layers.{layer}."
        outputs = self._cell(self._norm(stream), layer, f"{own}layer.")
        stream = self._op("Add", stream, self._product(outputs, f"{own}projection_weight"))
        if not self._config.mlp_size:
            return stream
        hidden = self._op("Relu", self._product(self._norm(stream), f"{own}mlp_input_weight"))
        return self._op("Add", stream, self._product(self._op("Mul", hidden, hidden), f"{own}mlp_output_weight"))

    def _cell(self, inputs: str, layer: int, own: str) -> str:
        """Add a recurrent layer and return its outputs (B, H)."""
        return getattr(self, f"_{self._config.cell}")(inputs, layer, own)  # type: ignore[no-any-return]

    def _perceptron(self, inputs: str, layer: int, own: str) -> str:
        return self._op("Sigmoid", self._input_product(inputs, own))

    def _elman(self, inputs: str, layer: int, own: str) -> str:
        name = f"layers.{layer}.hidden"
        hidden = self._state(name, [self._config.hidden_size])
        sums = self._op("Add", self._input_product(inputs, own), self._product(hidden, f"{own}recurrent_weight"))
        return self._after(name, "Tanh", sums)

    def _gru(self, inputs: str, layer: int, own: str) -> str:
        name, size = f"layers.{layer}.hidden", self._config.hidden_size
        hidden = self._state(name, [size])
        gates, candidate = self._split(self._input_product(inputs, own), [2 * size, size])
        gate_weight, candidate_weight = self._rows(f"{own}recurrent_weight", 2 * size)
        opened = self._op("Sigmoid", self._op("Add", gates, self._op("MatMul", hidden, gate_weight)))
        reset, update = self._split(opened, [size, size])
        if self._config.gru_reset == "before":
            offer = self._op("MatMul", self._op("Mul", reset, hidden), candidate_weight)
        else:
            offer = self._op("MatMul", hidden, candidate_weight)
            offer = self._op("Mul", reset, self._op("Add", offer, self._weight(f"{own}candidate_bias")))
        content = self._op("Tanh", self._op("Add", candidate, offer))
        kept = self._op("Mul", update, self._op("Sub", hidden, content))
        return self._after(name, "Add", content, kept)

    def _lstm(self, inputs: str, layer: int, own: str) -> str:
        size = self._config.hidden_size
        hidden = self._state(f"layers.{layer}.hidden", [size])
        cell = self._state(f"layers.{layer}.cell", [size])
        sums = self._op("Add", self._input_product(inputs, own), self._product(hidden, f"{own}recurrent_weight"))
        gates, content = self._split(sums, [3 * size, size])
        output, entry, forget = self._split(self._op("Sigmoid", gates), [size] * 3)
        written = self._op("Mul", entry, self._op("Tanh", content))
        hidden_after, cell_after = f"layers.{layer}.hidden", f"layers.{layer}.cell"
        kept = self._op("Mul", forget, cell)
        remembered = self._op("Add", kept, written)
        outputs = self._after(hidden_after, "Mul", output, self._op("Tanh", remembered))
        self._after(cell_after, "Identity", remembered)
        return outputs

    def _window(self, inputs: str, layer: int, own: str) -> str:
        width = self._width(layer)
        reach = window_size_of(self._config, layer=layer) - 1
        seen = vectors = self._vectors(inputs, width)
        if reach:
            seen = self._shifted(f"layers.{layer}.inputs", vectors, num=reach, width=width)
            seen = self._op("Reshape", seen, self._shape([-1, (reach + 1) * width]))
        sums = self._op("Add", self._product(seen, f"{own}input_weight"), self._weight(f"{own}bias"))
        return self._op("Tanh", sums)

    def _gated(self, inputs: str, layer: int, own: str) -> str:
        size, width = self._config.hidden_size, self._width(layer)
        memory_name = f"layers.{layer}.memory"
        memory = self._state(memory_name, [size])
        vectors = self._vectors(inputs, width)
        seen = self._shifted(f"layers.{layer}.recent", vectors, num=CONV_SIZE - 1, width=width)  # (B, K, D)
        weighted = self._op("Mul", seen, self._weight(f"{own}conv_weight"))
        mixed = self._op("ReduceSum", weighted, self._shape([1]), keepdims=0)  # (B, D)
        sums = self._op("Add", self._product(mixed, f"{own}input_weight"), self._weight(f"{own}bias"))
        write, content, gate = self._split(sums, [size] * 3)
        change = self._op("Mul", self._op("Sigmoid", write), self._op("Sub", content, memory))
        remembered = self._after(memory_name, "Add", memory, change)
        return self._op("Mul", remembered, self._op("Mul", gate, self._op("Sigmoid", gate)))

    def _width(self, layer: int) -> int:
        """Return D of a layer."""
        config = self._config
        if config.is_residual:
            return config.embedding_dim
        return config.input_size if layer == 0 else config.hidden_size

    def _input_product(self, inputs: str, own: str) -> str:
        """Return W x + b; of an id, which stands for a one-hot vector, the column of W."""
        name = f"{own}input_weight"
        product = self._op("Gather", self._transposed(name), inputs) if inputs == IDS else self._product(inputs, name)
        return self._op("Add", product, self._weight(f"{own}bias"))

    def _vectors(self, inputs: str, width: int) -> str:
        """Return inputs (B, D), ids as one-hot vectors."""
        if inputs != IDS:
            return inputs
        depth = self._constant("depth", np.array(width, np.int64))
        return self._op("OneHot", inputs, depth, self._constant("off_on", np.array([0, 1], np.float32)))

    def _shifted(self, name: str, vectors: str, *, num: int, width: int) -> str:
        """Return the last inputs of a layer and the present one, (B, num + 1, D), and keep the last ones as state."""
        before = self._state(name, [num, width])
        seen = self._op("Concat", before, self._op("Unsqueeze", vectors, self._shape([1])), axis=1)
        self._after(name, "Slice", seen, *(self._shape([number]) for number in (1, num + 1, 1)))
        return seen

    def _norm(self, values: str) -> str:
        """Return values (B, D) scaled to a root mean square of one.

        A product makes the mean: `ReduceMean` adds in another order for one row than for several.
        """
        width = self._config.embedding_dim
        shares = self._constant("shares", np.full((width, 1), 1 / width, np.float32))
        squares = self._op("MatMul", self._op("Mul", values, values), shares)
        epsilon = self._constant("epsilon", np.array(EPSILON, np.float32))
        return self._op("Div", values, self._op("Sqrt", self._op("Add", squares, epsilon)))

    def _product(self, values: str, name: str) -> str:
        return self._op("MatMul", values, self._transposed(name))

    def _split(self, values: str, sizes: list[int]) -> list[str]:
        names = [self._new("Split") for _ in sizes]
        self._nodes.append(helper.make_node("Split", [values, self._shape(sizes)], names, axis=1))
        return names

    def _state(self, name: str, shape: list[int]) -> str:
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [BATCH, *shape]))
        after = helper.make_tensor_value_info(f"{AFTER}{name}", TensorProto.FLOAT, [BATCH, *shape])
        self._states_after.append(after)
        return name

    def _after(self, name: str, kind: str, *inputs: str) -> str:
        """Add the operation that makes a state after the step, and return it."""
        self._nodes.append(helper.make_node(kind, list(inputs), [f"{AFTER}{name}"]))
        return f"{AFTER}{name}"

    def _op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = self._new(kind)
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def _new(self, kind: str) -> str:
        name = f"{kind}_{len(self._nodes)}_{len(self._names)}"
        self._names.add(name)
        return name

    def _shape(self, numbers: list[int]) -> str:
        """Return a constant list of whole numbers."""
        return self._constant("_".join(["int", *map(str, numbers)]), np.array(numbers, np.int64))

    def _weight(self, name: str) -> str:
        """Return a weight as it is."""
        weight = self._weights[name]
        return self._constant(name, weight.values() if isinstance(weight, RoundedWeight) else weight)

    def _transposed(self, name: str) -> str:
        """Return the matrix of a weight (N, K) as (K, N), which a product with rows takes."""
        return self._matrix(name, self._weights[name])

    def _rows(self, name: str, num_first: int) -> tuple[str, str]:
        """Return the first rows of a weight and the others, each transposed."""
        weight = self._weights[name]
        parts = (slice(None, num_first), slice(num_first, None))
        if isinstance(weight, RoundedWeight):
            first, rest = (RoundedWeight(weight.codes[part], weight.scales[part]) for part in parts)
            return self._matrix(f"{name}.first", first), self._matrix(f"{name}.rest", rest)
        return self._matrix(f"{name}.first", weight[parts[0]]), self._matrix(f"{name}.rest", weight[parts[1]])

    def _matrix(self, name: str, weight: "NDArray[np.float32] | RoundedWeight") -> str:
        if not isinstance(weight, RoundedWeight):
            return self._constant(f"{name}.transposed", weight.T)
        codes = self._op("Cast", self._constant(f"{name}.codes", weight.codes.T), to=TensorProto.FLOAT)
        return self._op("Mul", codes, self._constant(f"{name}.scales", weight.scales))

    def _constant(self, name: str, values: NDArray[Any]) -> str:
        if name not in self._names:
            self._names.add(name)
            self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name
