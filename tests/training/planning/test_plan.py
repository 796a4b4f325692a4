"""A time becomes a size: what is planned, what is chosen, and what a run keeps of it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from penwright import Corpus, train
from penwright.training.distributed import World
from penwright.training.planning import forecast, plan
from penwright.training.planning import throughput as throughput_module
from penwright.training.planning.plan import batch_sizes_of, is_to_be_planned, make_plan, sizes_of
from penwright.training.planning.sizes import LADDER, Size
from penwright.training.planning.throughput import ThroughputTrial
from penwright.training.records import Planned, from_json, to_json
from penwright.training.runs.folder import RunFolder
from penwright.training.settings.config import RunConfig
from penwright.training.settings.resolve import resolve_config
from penwright.training.start import resolve_auto

SIZES = (Size(8, 1), Size(16, 1), Size(24, 2), Size(32, 2))
TRAIN = {"batch_size": 2, "seq_len": 16, "threads": 1, "device": "cpu", "precision": "float32", "seconds": 60.0}


def config(**changes: Any) -> RunConfig:
    return resolve_auto(resolve_config(overrides={"train": {**TRAIN, **changes}}).config)


@pytest.mark.parametrize(
    ("preset", "overrides", "is_planned"),
    [
        (None, {"train": {"seconds": 300.0}}, True),
        (None, {}, True),  # ten minutes
        (None, {"train": {"seconds": 300.0, "batch_size": 8}, "model": {"dropout": 0.1}}, True),
        (None, {"train": {"seconds": 29.0}}, False),
        (None, {"train": {"steps": 300}}, False),
        (None, {"train": {"epochs": 1}}, False),
        (None, {"model": {"hidden_size": 64}}, False),
        (None, {"model": Size(64, 2).settings}, True),
        (None, {"model": Size(64, 2).settings, "train": {"batch_size": 8}}, False),
        (None, {"model": {**Size(64, 2).settings, "mlp_size": 64}}, False),
        (None, {"model": {"cell": "gru"}}, False),
        (None, {"model": {"cell": "gated"}}, True),  # as the preset has it
        ("gru", {"train": {"seconds": 300.0}}, False),
        ("seed", {"train": {"seconds": 300.0}}, False),
    ],
)
def test_only_the_default_preset_in_nobodys_size_is_planned(
    preset: str | None, overrides: Mapping[str, Mapping[str, Any]], is_planned: bool
) -> None:
    resolved = resolve_config(preset, overrides=overrides)
    assert is_to_be_planned(resolved, world=World()) == is_planned
    assert not is_to_be_planned(resolved, world=World(size=2))


def fixed_speeds(
    monkeypatch: pytest.MonkeyPatch, speeds: Mapping[str, float], *, least_chars_per_weight: int = 0
) -> list[str]:
    """Have each size learn at a given speed instead of measuring it, on a shelf large enough, in lanes that suit all;
    returns what was tried."""
    monkeypatch.setattr(plan, "MIN_CHARS_PER_WEIGHT", least_chars_per_weight)
    monkeypatch.setattr(forecast, "UPDATE_COST", 0.0)
    tried: list[str] = []

    def speed(self: ThroughputTrial, size: Size, *, batch_size: int) -> float:
        tried.append(size.name)
        return speeds[size.name]

    monkeypatch.setattr(ThroughputTrial, "chars_per_second", speed)
    return tried


def test_the_search_ends_with_the_first_size_that_promises_less(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = fixed_speeds(monkeypatch, {"8x1": 1e3, "16x1": 900.0, "24x2": 1.0, "32x2": 1e9})
    made = make_plan(corpus, config(seconds=300.0), sizes=SIZES)
    assert tried == ["8x1", "16x1", "24x2"]
    assert (made.size, made.record.size, made.record.choice.name) == (SIZES[1], "16x1", "16x1")


def test_compiling_does_not_end_the_search(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes ten seconds once after an installation, more than the sizes of a short training may take together."""
    now = [0.0]

    def compile_kernels(self: ThroughputTrial, size: Size) -> None:
        now[0] += 10.0

    monkeypatch.setattr(ThroughputTrial, "warm_up", compile_kernels)
    monkeypatch.setattr(plan.time, "perf_counter", lambda: now[0])
    tried = fixed_speeds(monkeypatch, {"8x1": 1e3, "16x1": 900.0, "24x2": 1.0})
    record = make_plan(corpus, config(seconds=300.0), sizes=SIZES).record
    assert tried == ["8x1", "16x1", "24x2"]
    assert record.elapsed_seconds == 10.0, "but it is a part of the time"


def test_more_time_never_chooses_a_smaller_size(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    speeds = {size.name: 6e4 / 2**rank for rank, size in enumerate(LADDER)}
    chosen = []
    for seconds in (60.0, 600.0, 6_000.0, 60_000.0):
        fixed_speeds(monkeypatch, speeds)
        chosen.append(LADDER.index(make_plan(corpus, config(seconds=seconds)).size))
    assert chosen == sorted(chosen) and chosen[0] < chosen[-1]


def test_no_size_has_more_weights_than_the_shelf_has_characters(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    speeds = {size.name: 1e5 for size in LADDER}
    tried = fixed_speeds(monkeypatch, speeds, least_chars_per_weight=1)
    assert make_plan(corpus, config(seconds=1_800.0)).size == LADDER[0] and set(tried) == {LADDER[0].name}
    monkeypatch.setattr(Corpus, "num_chars", lambda self, split: 1_400_000)
    tried = fixed_speeds(monkeypatch, speeds, least_chars_per_weight=1)
    assert make_plan(corpus, config(seconds=360_000.0)).size == Size(192, 3) and tried[-1] == "192x3"


def test_a_size_that_would_read_too_much_for_its_weights_is_passed_over(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "fresh_chars", lambda chars_read, *, shelf_chars: chars_read)
    fixed_speeds(monkeypatch, {"8x1": 1e9, "16x1": 1e9, "24x2": 5.0, "32x2": 1.0})
    record = make_plan(corpus, config(seconds=3_600.0), sizes=SIZES).record
    assert [size.name for size in record.sizes] == ["24x2", "32x2"] and record.size == "24x2"
    fixed_speeds(monkeypatch, {size.name: 1e9 for size in SIZES})
    assert make_plan(corpus, config(seconds=3_600.0), sizes=SIZES).record.size == "32x2"  # the largest there is


def test_a_longer_training_reads_in_more_lanes(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "MIN_WINDOWS", 0)
    chosen = []
    for speed in (1e2, 1e4, 1e6):
        tried = fixed_speeds(monkeypatch, {"16x1": speed})
        made = make_plan(corpus, config(seconds=600.0), sizes=SIZES[1:2], batch_sizes=(2, 64, 256, 1024))
        assert len(tried) == 1 + (
            made.record.choice.batch_size != 2
        )  # again with the lanes that suit what the fewest would read
        chosen.append(made.record.choice.batch_size)
    assert chosen == sorted(chosen) and chosen[0] < chosen[-1]


def test_a_small_shelf_is_read_in_the_fewest_lanes_however_long(corpus: Corpus) -> None:
    given = config(seconds=7_200.0, batch_size=16, seq_len=128)
    made = make_plan(corpus, given, sizes=SIZES[:1], batch_sizes=(16, 32, 64))
    assert corpus.num_chars("train") < 10_000 and made.record.choice.batch_size == 16


def test_lanes_that_somebody_chose_are_kept() -> None:
    assert batch_sizes_of(resolve_config()) == (16, 32, 64)
    assert batch_sizes_of(resolve_config(overrides={"train": {"batch_size": 8}})) == (8,)


def test_a_size_that_somebody_chose_is_kept_and_gets_the_lanes_that_suit_it(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`plan --size` used to promise lanes in which `train --size` never read."""
    resolved = resolve_config(overrides={"model": Size(64, 2).settings})
    assert sizes_of(resolved) == (Size(64, 2),)
    assert sizes_of(resolve_config()) == LADDER
    monkeypatch.setattr(plan, "MIN_WINDOWS", 0)
    fixed_speeds(monkeypatch, {"64x2": 1e5})
    ticks = iter(range(10**6))
    settings = {name: value for name, value in TRAIN.items() if name != "batch_size"} | {"seconds": 3_600.0}
    overrides = {"train": settings, "model": Size(64, 2).settings, "diary": {"max_chars": 0}}
    planned = next(train(corpus, run=tmp_path / "run", overrides=overrides, clock=lambda: 1_000.0 * next(ticks)))
    assert isinstance(planned, Planned) and planned.size == "64x2" and planned.choice.batch_size == 64
    kept = RunFolder.open(tmp_path / "run").config()
    assert (kept.train.batch_size, kept.model["hidden_size"]) == (64, 64)


@pytest.mark.parametrize("changes", [{"ngram_entries": 0}, {"ngram_entries": 2_000_000}, {"match_slots": 0}])
def test_nothing_is_forecast_of_authors_with_other_ngrams_or_another_match_model(
    changes: dict[str, int], corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixed_speeds(monkeypatch, {"8x1": 1e4})
    given = resolve_auto(resolve_config(overrides={"train": TRAIN, "model": changes}).config)
    assert make_plan(corpus, given, sizes=SIZES[:1]).record.difficulty is None
    assert make_plan(corpus, config(), sizes=SIZES[:1]).record.difficulty is not None


@pytest.mark.parametrize(("fold_seconds", "counted"), [(20.0, 1.0), (40.0, 0.75), (6_000.0, 0.25)])
def test_where_counting_would_take_most_of_the_time_less_is_counted(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch, fold_seconds: float, counted: float
) -> None:
    """But never less than what was counted for the plan."""
    trial = ThroughputTrial(corpus, config())
    trial.fold_seconds = fold_seconds
    monkeypatch.setattr(throughput_module, "TRIED_SYMBOLS", trial._counted_ids // 4)
    trial.limit_fold(30.0)
    expected = config().train.ngram_symbols if counted == 1.0 else trial._counted_ids * counted
    assert trial.ngram_symbols == pytest.approx(expected, abs=1)
    assert trial.fold_seconds == pytest.approx(fold_seconds * counted, rel=0.01)


def test_no_time_is_left_to_count_what_takes_none(corpus: Corpus) -> None:
    """It was a division by zero where measuring had taken all the time of a network without n-grams."""
    plain = config()
    trial = ThroughputTrial(corpus, replace(plain, model={**plain.model, "ngram_entries": 0}))
    trial.limit_fold(-1.0)
    assert (trial.fold_seconds, trial.ngram_symbols) == (0.0, plain.train.ngram_symbols)


def test_tables_are_pruned_in_the_trial_if_they_will_be(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes as long as half of the counting, which a plan would not know of."""
    monkeypatch.setattr(throughput_module, "TRIED_SYMBOLS", 3_000)

    def successors_tried(ngram_entries: int) -> int:
        config_ = replace(config(), model={**config().model, "ngram_entries": ngram_entries})
        counted = ThroughputTrial(corpus, config_)._ngrams
        assert counted is not None
        return len(counted.tables(0).symbols)

    whole = successors_tried(10**8)
    assert 0 < successors_tried(1_000) < 0.9 * whole


def test_updates_are_measured_in_characters_whatever_the_symbols(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words of four characters used to be read in four times too many lanes."""
    monkeypatch.setattr(plan, "MIN_WINDOWS", 0)
    lanes = []
    for symbols_per_char in (1.0, 0.25):
        fixed_speeds(monkeypatch, {"16x1": 1e4})
        monkeypatch.setattr(Corpus, "symbols_per_char", symbols_per_char)
        made = make_plan(corpus, config(seconds=600.0), sizes=SIZES[1:2], batch_sizes=(2, 8, 32, 128, 512))
        lanes.append(made.record.choice.batch_size)
    assert lanes[1] == lanes[0] // 4


def test_what_is_spent_already_is_not_read_in(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    fixed_speeds(monkeypatch, {"8x1": 100.0})
    read = [make_plan(corpus, config(), sizes=SIZES[:1], spent=spent).record.choice.chars_read for spent in (0.0, 30.0)]
    assert read[1] < 0.6 * read[0]


def test_counting_every_fold_costs_reading_time(corpus: Corpus) -> None:
    trial = ThroughputTrial(corpus, config())
    assert trial.num_folds > 1 and trial.fold_seconds > 0 and trial.keeps_tables
    trial.num_folds = 4

    def chars_in(seconds: float, *, fold_seconds: float, keeps_tables: bool = True) -> float:
        trial.fold_seconds, trial.keeps_tables = fold_seconds, keeps_tables
        return plan._chars_in(seconds / (1 - plan.OTHER_SHARE), 1_000.0, trial=trial, shelf_chars=8_000)

    assert chars_in(2.0, fold_seconds=0.0) == pytest.approx(2_000)
    assert chars_in(2.0, fold_seconds=2.0) == 0.0  # a fold is counted before the first of it is read
    assert chars_in(3.0, fold_seconds=2.0) == pytest.approx(1_000)
    assert chars_in(26.0, fold_seconds=2.0) == pytest.approx(18_000)  # what a small shelf has counted stays
    assert chars_in(26.0, fold_seconds=2.0, keeps_tables=False) == pytest.approx(
        16_000
    )  # five folds, the last one again
    assert chars_in(4.0 + 8.0, fold_seconds=2.0) == pytest.approx(8_000)  # the second is just worth its counting
    assert chars_in(4.0 + 7.9, fold_seconds=2.0) == pytest.approx(9_900)  # the first is read again


def test_speeds_are_measured_on_the_books(corpus: Corpus) -> None:
    trial = ThroughputTrial(corpus, config())
    assert trial.chars_per_second(SIZES[0], batch_size=2) > 0


def test_a_planned_run_tells_and_keeps_its_plan(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixed_speeds(monkeypatch, {size.name: 1e5 / 4**rank for rank, size in enumerate(LADDER)})
    ticks = iter(range(10**6))
    records = train(
        corpus,
        run=tmp_path / "run",
        overrides={"train": TRAIN, "diary": {"max_chars": 0}},
        clock=lambda: 5.0 * next(ticks),
    )
    first = next(records)
    assert isinstance(first, Planned) and first.seconds == 60.0
    for _ in records:
        pass
    folder = RunFolder.open(tmp_path / "run")
    kept = [record for record in folder.metrics() if isinstance(record, Planned)]
    assert kept == [first]
    assert folder.config().model["hidden_size"] == int(first.size.split("x")[0])


def test_a_plan_survives_json(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    fixed_speeds(monkeypatch, {"8x1": 1e4, "16x1": 5e3})
    record = make_plan(corpus, config(), sizes=SIZES[:2]).record
    assert from_json(to_json(record)) == record


def test_without_held_out_books_a_size_is_chosen_all_the_same(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    fixed_speeds(monkeypatch, {size.name: 1e4 for size in SIZES})
    monkeypatch.setattr(plan, "measure_difficulty", lambda corpus: None)
    record = make_plan(corpus, config(), sizes=SIZES).record
    assert record.difficulty is None and record.size == "32x2"
    assert replace(record, difficulty=2.0).choice == record.choice


def test_a_plan_that_counts_less_promises_less(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for ngram_symbols in (1_000, 4_000, 64_000_000):
        fixed_speeds(monkeypatch, {"8x1": 1e3})
        found.append(
            make_plan(corpus, config(ngram_symbols=ngram_symbols), sizes=SIZES[:1]).record.choice.bits_per_char
        )
    assert found == sorted(found, reverse=True) and found[0] > found[1] > found[2]
