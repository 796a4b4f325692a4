#!/bin/sh
# onnxruntime 1.32.0 rounds float32 activations to 8 bits where a MatMul takes its weight from a DequantizeLinear.
#
# A weight kept in int8 behind a DequantizeLinear of float32 scales is a way to store a smaller model: by the
# specification of ONNX, the product that follows is one of float32 numbers. With the default options, both operators
# become one MatMulNBits of accuracy level 4, which computes with 8-bit activations. Nothing says so. The same
# weight made float32 by a Cast and a Mul gives the exact product, as does the option
# session.qdq_matmulnbits_accuracy_level = 1, or a graph optimization level of basic.
# Version: onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6. Python: 3.11.
# Seen: largest error 0.0170 by default; 0.0000 with basic optimizations, with level 1, and with Cast and Mul.
# Source: onnxruntime/core/optimizer/qdq_transformer/selectors_actions, which fuses the two, and
# include/onnxruntime/core/session/onnxruntime_session_options_config_keys.h, which names the option and its default.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder" onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
cat > "$folder/dequantized.py" <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

WIDTH, OUTPUTS = 64, 32
source = np.random.default_rng(0)
codes = source.integers(-127, 128, size=(WIDTH, OUTPUTS)).astype(np.int8)
scales = source.uniform(0.001, 0.002, size=OUTPUTS).astype(np.float32)
values = source.normal(size=(4, WIDTH)).astype(np.float32)
exact = values @ (codes * scales)


def product(nodes, *, level=None, **options):
    """The product of the values and the weight that some nodes make of the codes."""
    graph = helper.make_graph(
        [*nodes, helper.make_node("MatMul", ["x", "weight"], ["y"])],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", WIDTH])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", OUTPUTS])],
        initializer=[numpy_helper.from_array(codes, "codes"), numpy_helper.from_array(scales, "scales")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    chosen = onnxruntime.SessionOptions()
    for name, value in options.items():
        setattr(chosen, name, value)
    if level is not None:
        chosen.add_session_config_entry("session.qdq_matmulnbits_accuracy_level", level)
    session = onnxruntime.InferenceSession(model.SerializeToString(), chosen, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": values})[0]


dequantized = [helper.make_node("DequantizeLinear", ["codes", "scales"], ["weight"], axis=1)]
cast = [
    helper.make_node("Cast", ["codes"], ["numbers"], to=TensorProto.FLOAT),
    helper.make_node("Mul", ["numbers", "scales"], ["weight"]),
]
basic = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
by_default = np.abs(product(dequantized) - exact).max()
with_basic = np.abs(product(dequantized, graph_optimization_level=basic) - exact).max()
with_level = np.abs(product(dequantized, level="1") - exact).max()
with_cast = np.abs(product(cast) - exact).max()
print(f"default {by_default:.4f}, basic optimizations {with_basic:.4f}, level 1 {with_level:.4f}, Cast and Mul {with_cast:.4f}")
assert by_default > 1e-3, "activations are no longer rounded"
assert max(with_basic, with_level, with_cast) < 1e-5
PYTHON
PYTHONPATH="$folder" python3 "$folder/dequantized.py"
