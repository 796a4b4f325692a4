"""Which recurrence makes the best author of the same characters, all else being the default's?

    python benchmarks/cells.py PATH/TO/novels [--size 128x3] [--millions 2] [--cells NAMES] [--continue]

Every contestant is the default preset with its n-grams, its match model, its optimizer and its whole schedule; only the
layers within its blocks differ: the gated one, GRU and LSTM, and the two in `candidate_cells.py`. "NAME-middle" is a
stack with a candidate in its middle block and the gated one in the others. Each learns from the same characters in a
process of its own, one at a time, and is scored on the same beginnings of held-out books. Results are kept in
results/cells.jsonl as they come.
"""

import argparse
import json
import time
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from candidate_cells import HEAD_SIZE, GatedDelta, MatrixState
from common import RESULTS, commit, results_header, write_results

from penwright import Corpus, prepare
from penwright.cli.processors import let_waiting_threads_sleep
from penwright.evaluation.books import evaluate, total
from penwright.model.char_model import CharModel
from penwright.model.residual import ResidualBlock
from penwright.training.distributed import World
from penwright.training.machine import choose_precision, usable_processors, use_threads
from penwright.training.optim.schedule import learning_rate
from penwright.training.planning.sizes import Size, parse_size, sized
from penwright.training.session import Session
from penwright.training.settings.resolve import resolve_config

PATH = RESULTS / "cells.jsonl"
CANDIDATES = {"matrix": MatrixState, "delta": GatedDelta}
CELLS = ("gated", "gru", "lstm", "matrix", "matrix-middle", "delta", "delta-middle")
SCORED_CHARS = 100_000


def new_session(corpus: Corpus, cell: str, size: Size, *, chars: float, threads: int) -> Session:
    """Return a training of the default preset with other layers in its blocks."""
    config = resolve_config(overrides={"train": {"threads": threads}}).config
    steps = max(1, round(chars / (config.train.batch_size * config.train.seq_len)))
    precision = choose_precision("auto", torch.device("cpu"))
    train = replace(config.train, seconds=None, steps=steps, device="cpu", precision=precision)
    config = sized(replace(config, train=train), size)
    name, _, place = cell.partition("-")
    if name not in CANDIDATES:
        config = replace(config, model={**config.model, "cell": name})
    alphabet = corpus.alphabet
    model_config = config.model_config(vocab_size=alphabet.vocab_size, unit=alphabet.unit)
    generator = torch.Generator().manual_seed(train.seed)
    model = CharModel(model_config, generator=generator)
    if name in CANDIDATES:
        blocks = list(model.layers)
        for block in blocks[len(blocks) // 2 :][:1] if place == "middle" else blocks:
            assert isinstance(block, ResidualBlock), block
            block.layer = CANDIDATES[name](size.width, size.width, generator=generator)
    return Session(corpus, config, device=torch.device("cpu"), world=World(), model=model)


def learn(path: Path, cell: str, size: Size, millions: float, threads: int) -> dict[str, Any]:
    """Train one contestant and score it."""
    let_waiting_threads_sleep()
    use_threads(threads)
    corpus = prepare([path])
    session = new_session(corpus, cell, size, chars=millions * 1e6, threads=threads)
    session.forward_backward()  # counts the first fold; the same window is read again
    begun = time.perf_counter()
    while session.fraction_done < 1.0:
        step, done = session.counters.step + 1, session.fraction_done
        rate = learning_rate(session.config.train, step=step, fraction_done=done)
        session.update(session.forward_backward(), learning_rate=rate)
    seconds = time.perf_counter() - begun
    bits = {
        split: total(evaluate(session.model, corpus, corpus.books_in(split), max_chars=SCORED_CHARS)).bits_per_char
        for split in ("val", "test")
    }
    return {
        "cell": cell,
        "size": size.name,
        "millions": millions,
        "chars_read": session.counters.chars_read,
        "num_parameters": session.model.num_parameters,
        "seconds": seconds,
        **bits,
        "commit": commit(),
    }


def rows(runs: list[dict[str, Any]]) -> list[str]:
    """Return a table, best on the test books first; times hold for a machine that did nothing else."""
    lines = ["| cell | parameters | bits per character, val | and test | seconds |", "|---|---:|---:|---:|---:|"]
    for r in sorted(runs, key=lambda r: r["test"]):
        lines.append(
            f"| {r['cell']} | {r['num_parameters']:,} | {r['val']:.3f} | {r['test']:.3f} | {r['seconds']:.0f} |"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--size", default="128x3")
    parser.add_argument("--millions", type=float, default=2.0, help="of characters to learn from")
    parser.add_argument("--cells", default=",".join(CELLS), help="separated by commas")
    parser.add_argument("--threads", type=int, default=usable_processors())
    parser.add_argument("--continue", dest="goes_on", action="store_true", help="keep the results there are")
    arguments = parser.parse_args()
    size = parse_size(arguments.size)
    unknown = [cell for cell in arguments.cells.split(",") if cell not in CELLS]
    if size is None or unknown:
        parser.error(f"cells are {', '.join(CELLS)}; a size is WIDTHxLAYERS.")
    if size.width % HEAD_SIZE:
        parser.error(f"the width must be a multiple of {HEAD_SIZE}, the width of a head.")
    if PATH.exists() and not arguments.goes_on:
        parser.error(f"{PATH.name} holds results. Give --continue to go on with them, or delete it to begin anew.")
    lines = PATH.read_text(encoding="utf-8").splitlines() if PATH.exists() else []
    found = [json.loads(line) for line in lines]
    runs = [r for r in found if (r["size"], r["millions"]) == (size.name, arguments.millions)]
    for cell in arguments.cells.split(","):
        if any(r["cell"] == cell for r in runs):
            continue
        with get_context("spawn").Pool(1) as pool:
            run = pool.apply(learn, (arguments.path, cell, size, arguments.millions, arguments.threads))
        runs.append(run)
        with PATH.open("a", encoding="utf-8") as file:
            file.write(json.dumps(run) + "\n")
        print(f"{cell}: val {run['val']:.3f}, test {run['test']:.3f}, {run['seconds']:.0f} s", flush=True)
    title = f"Recurrences in the default's place, {size.name}, {arguments.millions:g} million characters"
    write_results("cells", title, results_header(), "\n".join(rows(runs)))


if __name__ == "__main__":
    main()
