"""A run's metrics come back as they were written, whatever stands in a sample and wherever a crash cut them short."""

import csv
import json
from pathlib import Path

import pytest
import record_samples

from penwright.errors import RunError
from penwright.evaluation.book_score import BookScore
from penwright.training.records import AnyRecord, Sample, to_json
from penwright.training.runs.folder import RunFolder
from penwright.training.settings.resolve import resolve_config

SEPARATORS = "a\u2028b\x85c\u2029d\x0be\x1cf\r\n“g”"


def sample(step: int, text: str) -> Sample:
    """A page."""
    return Sample(step=step, chars_read=0, elapsed_seconds=0.0, prompt="It was ", text=text)


def folder_with(path: Path, *samples: Sample) -> RunFolder:
    """A run folder with some records and nothing else."""
    (path / "samples").mkdir()
    folder = RunFolder(path)
    for each in samples:
        folder.append(each)
    return folder


def test_records_survive_characters_that_python_takes_for_line_ends(tmp_path: Path) -> None:
    """Such a sample used to make its run impossible to resume and to report."""
    written = [sample(1, SEPARATORS), sample(2, "plain")]
    folder = folder_with(tmp_path, *written)
    assert folder.metrics() == written
    folder.forget_after(1, best_step=None)
    assert folder.metrics() == written[:1]


def test_metrics_written_before_with_such_characters_are_read(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, sample(1, "one"))
    text = folder.metrics_path.read_text(encoding="utf-8").replace("one", "o\u2028ne")
    folder.metrics_path.write_text(text + text, encoding="utf-8", newline="\n")
    assert folder.metrics() == [sample(1, "o\u2028ne")] * 2


def test_wherever_a_crash_cuts_the_last_line_the_others_remain(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, sample(1, "“one”"))
    whole = folder.metrics_path.read_bytes()
    last = json.dumps(json.loads(whole), ensure_ascii=False).encode("utf-8")  # as earlier versions wrote it
    for length in range(len(last)):
        folder.metrics_path.write_bytes(whole + last[:length])
        assert folder.metrics() == [sample(1, "“one”")], f"cut after {length} bytes"


def test_a_damaged_line_before_the_last_is_named(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, sample(1, "one\u2028"), sample(2, "two"))
    folder.metrics_path.write_bytes(folder.metrics_path.read_bytes().replace(b'"two"', b'"tw\xff') + b"{}\n")
    with pytest.raises(RunError, match="is damaged in line 2"):
        folder.metrics()


def test_a_run_without_records_has_none(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    assert folder.metrics() == []
    folder.metrics_path.write_bytes(b"")
    assert folder.metrics() == []


BOOK = {"title": "The Lamp", "author": "", "num_chars": 9, "bits_per_char": 2.0, "accuracy": 0.5}
RECORDS: tuple[AnyRecord, ...] = (
    record_samples.progress(),
    record_samples.evaluation(books=(BookScore(**BOOK),)),
    record_samples.sample(),
    record_samples.rolled_back(),
    record_samples.finished(),
)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.kind)
def test_a_value_of_another_type_damages_its_line(tmp_path: Path, record: AnyRecord) -> None:
    folder = RunFolder(tmp_path)
    data = json.loads(json.dumps(to_json(record)))
    folder.metrics_path.write_text(json.dumps(data) + "\n", encoding="utf-8")
    assert folder.metrics() == [record]
    for name in data:
        for value in ([], [1], {"a": 1}, [[]], "x", True, -1, 10**400, 0.5):
            if type(value) is type(data[name]) or (isinstance(data[name], float) and isinstance(value, float)):
                continue
            line = json.dumps({**data, name: value})
            if isinstance(data[name], list) and value == []:
                continue
            folder.metrics_path.write_text(f"{line}\n{json.dumps(data)}\n", encoding="utf-8")
            with pytest.raises(RunError, match="is damaged in line 1"):
                folder.metrics()


@pytest.mark.parametrize("line", ["[" * 100_000, "[]", "3", '"x"', "null", '{"kind": []}', '{"kind": "progress"}'])
def test_a_line_that_is_no_record_is_damaged(tmp_path: Path, line: str) -> None:
    folder = folder_with(tmp_path, sample(1, "one"))
    whole = folder.metrics_path.read_text(encoding="utf-8")
    folder.metrics_path.write_text(f"{line}\n{whole}", encoding="utf-8")
    with pytest.raises(RunError, match="is damaged in line 1"):
        folder.metrics()


@pytest.mark.parametrize("env", ["[" * 100_000, "[]", '{"corpus": []}', '{"corpus": "x"}'])
def test_an_env_that_describes_no_run_is_refused(tmp_path: Path, env: str) -> None:
    (tmp_path / "env.json").write_text(env, encoding="utf-8")
    with pytest.raises(RunError, match="start a new run"):
        RunFolder(tmp_path).env()


def test_a_folder_is_locked_before_anything_is_written_in_it(tmp_path: Path) -> None:
    """Of two trainings that began in one folder at once, the refused one's configuration used to stay."""
    first = RunFolder.create(tmp_path / "run", config=resolve_config(overrides={"train": {"seed": 1}}).config, env={})
    with pytest.raises(RunError, match="in use by another process"):
        RunFolder.create(tmp_path / "run", config=resolve_config().config, env={"from": "the second"})
    assert (first.config().train.seed, first.env()) == (1, {})
    with first.locked(), pytest.raises(RunError, match="in use"):
        RunFolder.create(tmp_path / "run", config=resolve_config().config, env={})
    with RunFolder.open(tmp_path / "run").locked():  # both locks have been released
        pass


def test_the_table_holds_the_curves_and_forgets_with_the_records(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    for step in (1, 2, 3):
        folder.append(record_samples.progress(step=step, chars_read=10 * step, bits_per_char=2.5))
        folder.append(record_samples.sample(step=step))
        folder.append(record_samples.evaluation(step=step, chars_read=10 * step, bits_per_char=3.25))
    rows = list(csv.DictReader(folder.table_path.read_text(encoding="utf-8").splitlines()))
    assert [(row["step"], row["bits_per_char"], row["val_bits_per_char"]) for row in rows] == [
        (step, *bits) for step in "123" for bits in (("2.5", ""), ("", "3.25"))
    ]
    before = folder.table_path.read_text(encoding="utf-8").splitlines(keepends=True)
    folder.table_path.write_text("".join(before) + "4,40,2", encoding="utf-8")  # cut off by a crash
    folder.forget_after(2, best_step=2)
    assert folder.table_path.read_text(encoding="utf-8").splitlines(keepends=True) == before[:5]


def begun(path: Path) -> RunFolder:
    """A run that has just begun, with an author, and released."""
    with RunFolder.create(path, config=resolve_config().config, env={}).locked():
        (path / "author.safetensors").write_bytes(b"an author")
    return RunFolder(path)


def test_a_run_begun_again_sets_the_author_of_the_one_before_aside(tmp_path: Path) -> None:
    for _ in range(3):
        folder = begun(tmp_path / "run")
    names = ["author-before-1.safetensors", "author-before-2.safetensors", "author.safetensors"]
    assert sorted(path.name for path in folder.path.glob("*.safetensors")) == names


def test_a_run_that_has_ended_stays_when_its_checkpoints_are_gone(tmp_path: Path) -> None:
    folder = begun(tmp_path / "run")
    folder.append(finished := record_samples.finished())
    with pytest.raises(RunError, match="has ended, without its checkpoints"):
        begun(tmp_path / "run")
    assert folder.author_path.read_bytes() == b"an author" and folder.metrics() == [finished]
