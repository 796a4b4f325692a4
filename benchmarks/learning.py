"""Compare what several contestants have learned after the same minutes on the same books and processors.

    python benchmarks/learning.py PATH/TO/novels [--minutes 5 10 60] [--seeds 3] [--continue]
    python benchmarks/learning.py PATH/TO/novels --ablations benchmarks/ablations.toml

Penwright prepares the books once: default cleaning, a lossless alphabet, whole writers held out. All contestants learn
from the same ids and are scored on the same beginnings of held-out books, in bits per character of the original text.
The minutes are wall-clock time from the start of a contestant, its preparations included and its imports not; scoring
comes after. Contestants run one at a time, each in its own process and with all threads.

Contestants: Penwright's presets, each as `penwright train PATH --for M` runs it; the network of the 2017 system in
`torch.nn.GRU`, in float32 and in bfloat16; the same in Keras 3; a GPT in nanoGPT's published shape for a processor, and
one with a larger context. The module of each in `peers/` describes it.

Results are appended to results/learning.jsonl as they come; --continue continues them after a stop. The table of all
results is results/learning.md, and the curves are results/learning.svg; --results gives them another name. The curves
of the shortest contest are also docs/images/learning.svg, the picture of the README. With --ablations, the default
preset competes with settings laid over it, for results/ablations.md. Keras may be installed in an interpreter of its
own: --keras-python.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from common import RESULTS, results_header, write_results
from contest import Contestant, Ledger, Result, Rules, Shelf, hold
from learning_plot import Line, Panel, draw

from penwright import Corpus, prepare
from penwright.cli.processors import let_waiting_threads_sleep
from penwright.training.machine import choose_precision, usable_processors, use_threads
from penwright.training.planning.sizes import Size

DEFAULT = "default"
CONTEST = "learning"
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "learning.svg"
COUNTS, COUNTS_LABEL = "6-character table", "six characters, counted"
ABLATED_SIZE, ABLATED_LANES = Size(96, 2), 64
"""Size and lanes of the network whose ingredients are removed one by one: those that a plan chooses for minutes."""
INSTALL_KERAS = "python -m pip install --constraint constraints.txt --group peers"
FIND_KERAS = (
    "from importlib.util import find_spec as find; raise SystemExit(not (find('keras') and find('tensorflow')))"
)
# The best of rates 1e-3, 2e-3, 3e-3 and 5e-3 with 4 windows, and of 2e-3 and 3e-3 with 8, after 1.5 million symbols of
# a shelf of novels (2026-11). A symbol costs the same time in any of them, so fewer windows mean more updates.
LARGER_CONTEXT = {"context": 256, "batch_size": 4, "learning_rate": 2e-3, "schedule": "linear", "final_fraction": 0.05}


def contestants_of(presets: Sequence[str], keras_python: str) -> list[Contestant]:
    """Return all contestants, Penwright first."""
    return [
        *(preset_contestant(name) for name in presets),
        Contestant("torch-gru", "torch.nn.GRU, float32", "torch_gru", {"precision": "float32"}),
        Contestant("torch-gru-bf16", "torch.nn.GRU, bfloat16", "torch_gru", {"precision": "bfloat16"}),
        Contestant("keras-gru", "Keras 3 GRU", "keras_gru", {"precision": _faster_precision()}, keras_python),
        Contestant("gpt-64", "GPT, context 64 (nanoGPT's shape)", "gpt", {}),
        Contestant("gpt-256", "GPT, context 256, rate tuned", "gpt", LARGER_CONTEXT),
    ]


def preset_contestant(name: str) -> Contestant:
    """Return a preset of Penwright as a contestant."""
    return Contestant(name, f"Penwright, `{name}`", "penwright_run", {"preset": name})


def _faster_precision() -> str:
    """Return the precision for Keras: compiling its graph twice for a measurement would cost it seconds."""
    return choose_precision("auto", torch.device("cpu"))


def ablations_of(path: Path) -> list[Contestant]:
    """Return the default preset in one size, and one contestant for each table of a file, laid over it.

    Size and lanes are fixed: a plan would choose others for each, and hide the effect of the ingredient.
    """
    tables = {DEFAULT: {}, **tomllib.loads(path.read_text(encoding="utf-8"))}

    def settings(overrides: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        model = {**ABLATED_SIZE.settings, **overrides.get("model", {})}
        train = {"batch_size": ABLATED_LANES, **overrides.get("train", {})}
        return {"preset": DEFAULT, "overrides": {**overrides, "model": model, "train": train}}

    return [Contestant(name, name, "penwright_run", settings(overrides)) for name, overrides in tables.items()]


def table(results: Sequence[Result], contestants: Sequence[Contestant]) -> list[str]:
    """Return the rows of one length, the best on the test books first."""
    by_name = {each.name: [r for r in results if r.contestant == each.name] for each in contestants}
    medians = {name: statistics.median(r.test for r in runs) for name, runs in by_name.items() if runs}
    rows = [
        "| contestant | parameters | chars/s | chars read | bits per character, val | and test | "
        "times the default's | memory at first | commit |",
        "|---|---:|---:|---:|---:|---:|---:|---|---|",
    ]
    labels = {each.name: each.label for each in contestants}
    for name in sorted(medians, key=medians.__getitem__):
        runs = by_name[name]
        speed = statistics.median(r.chars_read / r.train_seconds for r in runs)
        ratio = f"{medians[name] / medians[DEFAULT]:.3f}" if DEFAULT in medians else ""
        rows.append(
            f"| {labels[name]} | {runs[0].num_parameters:,} | {speed:,.0f} | "
            f"{statistics.median(r.chars_read for r in runs):,.0f} | {spread([r.val for r in runs])} | "
            f"{spread([r.test for r in runs])} | {ratio} | {', '.join(sorted({r.memory for r in runs} - {''}))} | "
            f"{', '.join(sorted({r.commit.removesuffix(' with changes')[:7] for r in runs}))} |"
        )
    return rows


def spread(values: Sequence[float]) -> str:
    """Return the median of some values and, if there are several, the lowest and the highest."""
    middle = f"{statistics.median(values):.3f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.3f} to {max(values):.3f})"


def forecasts(results: Sequence[Result]) -> list[str]:
    """Return forecast and outcome of every run that planned its size."""
    lines = []
    for each in results:
        plan = each.settings.get("plan")
        if plan is not None:
            off = 100 * (plan["expected"] / each.val - 1)
            lines.append(
                f"- `{each.contestant}`, seed {each.seed}, planned {plan['size']} and expected {plan['expected']:.3f} "
                f"bits per character on the val books: {each.val:.3f} came of it, so the forecast was {abs(off):.1f} % "
                f"too {'high' if off > 0 else 'low'}."
            )
    return ["", *lines] if lines else []


def baseline_rows(baselines: dict[str, dict[str, float]]) -> list[str]:
    """Return the rows of tables and compressors."""
    rows = [f"| {name} | {bits['val']:.3f} | {bits['test']:.3f} |" for name, bits in baselines.items()]
    return [
        "| without a network | bits per character, val | and test |",
        "|---|---:|---:|",
        *rows,
        "",
        "Tables have counted every training book; compressors compress each passage by itself.",
    ]


def samples(results: Sequence[Result], contestants: Sequence[Contestant]) -> list[str]:
    """Return the beginning of a page by each contestant, from its first seed."""
    lines = []
    for each in contestants:
        pages = [r for r in results if r.contestant == each.name]
        if pages:
            page = " ".join(min(pages, key=lambda r: r.seed).sample.split())
            lines += [f"> **{each.label}**: {page}", ""]
    return lines


def panels(
    results: Sequence[Result],
    contestants: Sequence[Contestant],
    lengths: Sequence[float],
    baselines: Mapping[str, Mapping[str, float]],
) -> list[Panel]:
    """Return a chart for each length, the best table of counts among the contestants."""
    counts = [Line(COUNTS_LABEL, len(contestants), [], baselines[COUNTS]["test"])] if COUNTS in baselines else []
    charts = []
    for minutes in lengths:
        lines = []
        for colour, each in enumerate(contestants):
            runs = [r for r in results if (r.contestant, r.minutes) == (each.name, minutes)]
            if runs:
                label = each.label.replace("`", "")
                test = statistics.median(r.test for r in runs)
                lines.append(Line(label, colour, [r.points for r in runs], test))
        charts.append(Panel(f"{minutes:g} minutes", lines + counts))
    return charts


def report(
    name: str,
    title: str,
    ledger: Ledger,
    contestants: Sequence[Contestant],
    corpus: Corpus,
    notes: Sequence[str],
    *,
    has_chart: bool,
) -> None:
    """Write the table, and for a contest the chart and the samples too."""
    taking_part = {each.name for each in contestants}
    results = [r for r in ledger.results if r.contestant in taking_part]
    lengths = sorted({r.minutes for r in results})
    held_out = {split: ", ".join(sorted({book.author for book in corpus.books_in(split)})) for split in ("val", "test")}
    rules = results[0].rules if results else None
    versions = {key: value for r in results for key, value in r.versions.items() if key in ("keras", "tensorflow")}
    lines = [
        f"{corpus.num_chars('train'):,} characters to learn from. Held out: {held_out['val']} (val), "
        f"{held_out['test']} (test); {rules.scored_chars if rules else 0:,} characters of each are scored.",
        "",
        "Parameters are weights alone. The default also consults what followed each context on the shelf, up to 32 "
        "million successors in some 130 MB; counting them is within its minutes, and what is counted is not among the "
        "characters read.",
        "",
        "Rows may be of different hours, and the machine is not equally fast at all of them: compare the chars/s of a "
        "contestant between lengths. Load of the machine before and after a run, at most: "
        f"{max((max(r.load) for r in results), default=0):.1f}.",
    ]
    for minutes in lengths:
        chosen = [r for r in results if r.minutes == minutes]
        seeds = len({r.seed for r in chosen})
        lines += ["", f"## {minutes:g} minutes", ""]
        lines += [f"Median of {seeds} seeds (lowest to highest).", ""] if seeds > 1 else []
        lines += table(chosen, contestants)
        lines += forecasts(chosen)
    if ledger.baselines:
        lines += ["", *baseline_rows(ledger.baselines)]
    lines += ["", *(f"- {note}" for note in notes), ""] if notes else [""]
    if lengths and has_chart:
        charts = panels(results, contestants, lengths, ledger.baselines or {})
        (RESULTS / f"{name}.svg").write_text(draw(charts), encoding="utf-8")
        if name == CONTEST:
            PICTURE.write_text(draw(charts[:1]), encoding="utf-8")
        lines += [f"![Bits per character over time]({name}.svg)", ""]
        lines += [f"Samples after {lengths[-1]:g} minutes:", ""]
        lines += samples([r for r in results if r.minutes == lengths[-1]], contestants)
    write_results(name, title, results_header(extra_versions=versions), "\n".join(lines).rstrip())


def has_keras(python: str) -> bool:
    """Return True if an interpreter finds Keras and TensorFlow."""
    return subprocess.run([python, "-c", FIND_KERAS], check=False).returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--minutes", type=float, nargs="+", default=[5.0])
    parser.add_argument("--seeds", type=int, default=3, help="number of seeds, from 0")
    parser.add_argument("--threads", type=int, default=usable_processors())
    parser.add_argument("--presets", default="default,seed", help="presets of Penwright, separated by commas")
    parser.add_argument("--only", help="names of contestants, separated by commas")
    parser.add_argument("--ablations", type=Path, metavar="FILE.toml")
    parser.add_argument("--scored-chars", type=int, default=100_000, help="characters scored of each split")
    parser.add_argument("--keras-python", default=sys.executable, metavar="PATH", help="an interpreter that has Keras")
    parser.add_argument("--results", metavar="NAME", help="name of the files in results/, if not learning or ablations")
    parser.add_argument("--continue", dest="goes_on", action="store_true", help="keep the existing results")
    arguments = parser.parse_args()
    let_waiting_threads_sleep()
    use_threads(arguments.threads)
    name = arguments.results or ("ablations" if arguments.ablations else CONTEST)
    notes: list[str] = []
    if arguments.ablations:
        contestants = ablations_of(arguments.ablations)
        title = "What each ingredient of the default gives in the same minutes"
    else:
        contestants = contestants_of(arguments.presets.split(","), arguments.keras_python)
        title = "Learning in the same minutes"
    competing = contestants
    if arguments.only:
        known = {each.name: each for each in contestants}
        unknown = [each for each in arguments.only.split(",") if each not in known]
        if unknown:
            parser.error(f"there is no contestant '{unknown[0]}'; there are {', '.join(known)}.")
        competing = [known[each] for each in arguments.only.split(",")]
    if any(each.name == "keras-gru" for each in competing) and not has_keras(arguments.keras_python):
        competing = [each for each in competing if each.name != "keras-gru"]
        notes.append(
            f"Keras was left out, since it is not installed. To let it take part: `{INSTALL_KERAS}` (with pip 25.1 or "
            "newer), here or in an environment of its own that --keras-python names."
        )
    path = RESULTS / f"{name}.jsonl"
    if path.exists() and not arguments.goes_on:
        parser.error(f"{path.name} holds results. Give --continue to continue them, or delete it to begin anew.")
    corpus = prepare([arguments.path])
    rules = Rules(corpus.digest, arguments.scored_chars, arguments.threads)
    ledger = Ledger(path, rules)
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(corpus, Path(folder) / "corpus", scored_chars=arguments.scored_chars)
        if ledger.baselines is None and not arguments.ablations:
            ledger.add_baselines(shelf.baselines())
        notes += hold(competing, shelf, ledger, minutes=arguments.minutes, seeds=arguments.seeds, rules=rules)
    report(name, title, ledger, contestants, corpus, notes, has_chart=not arguments.ablations)


if __name__ == "__main__":
    main()
