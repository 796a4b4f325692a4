"""llama.cpp's server with a transformer of the size of the author in the box, in a process of its own.

    python benchmarks/peers/llama_cpp.py MODEL.gguf NUM_TEXTS NUM_THREADS

The weights are random: what they are does not change how long a step takes. The vocabulary has a symbol for each
printable ASCII character, so that a symbol is a character here as there.
"""

import sys
import time
from pathlib import Path

import numpy as np

LAYERS, WIDTH, HEADS, MLP = 3, 192, 6, 384
CONTEXT = 1_024
"""Symbols that each text may have, its prompt included."""
LETTERS = [chr(code) for code in range(33, 127)]
TOKENS = ["<unk>", "<s>", "</s>", "\n", "▁", *LETTERS]
READY = "Serving at "


def write_model(path: Path, *, form: str) -> int:
    """Write a model of random weights and return the number of its parameters.

    Args:
        path: File to write.
        form: "F32", "F16" or "Q8_0", in which the matrices are kept.
    """
    import gguf

    kind, draw = gguf.GGMLQuantizationType[form], np.random.default_rng(0)
    writer, count = gguf.GGUFWriter(str(path), "llama"), 0

    def add(name: str, *shape: int) -> None:
        nonlocal count
        values = np.ones(shape, np.float32) if len(shape) == 1 else draw.normal(0, 0.02, shape).astype(np.float32)
        count += values.size
        is_kept_exact = len(shape) == 1 or form == "F32"
        data = values if is_kept_exact else gguf.quants.quantize(values, kind)
        writer.add_tensor(name, data, raw_dtype=None if is_kept_exact else kind)

    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(MLP)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(TOKENS)
    writer.add_token_scores([0.0] * len(TOKENS))
    kinds = gguf.TokenType
    writer.add_token_types([kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL, *[kinds.NORMAL] * (len(TOKENS) - 3)])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_space_prefix(False)
    add("token_embd.weight", len(TOKENS), WIDTH)
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        for name in ("attn_norm", "ffn_norm"):
            add(f"{block}.{name}.weight", WIDTH)
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            add(f"{block}.{name}.weight", WIDTH, WIDTH)
        for name in ("ffn_gate", "ffn_up"):
            add(f"{block}.{name}.weight", MLP, WIDTH)
        add(f"{block}.ffn_down.weight", WIDTH, MLP)
    add("output_norm.weight", WIDTH)
    add("output.weight", len(TOKENS), WIDTH)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return count


def main() -> None:
    """Serve until the process is ended."""
    import xllamacpp

    path, num_texts, num_threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_parallel, params.n_ctx = num_texts, num_texts * CONTEXT
    params.n_batch = params.n_ubatch = 2_048
    params.cont_batching, params.warmup, params.verbosity = True, True, -1
    params.n_threads_http = num_texts + 4
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = num_threads
    params.port, params.fit_params, params.cache_ram_mib = 0, False, 0
    server = xllamacpp.Server(params)
    print(f"{READY}{server.listening_address}", flush=True)
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main()
