"""Defaults give way to the preset, the preset to the file, the file to the flags, each value knowing its origin."""

from pathlib import Path

import pytest

from penwright.errors import ConfigError
from penwright.training.settings.config import RunConfig
from penwright.training.settings.resolve import resolve_config


def test_the_layers_give_way_in_order(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text('preset = "seed"\n[train]\nbatch_size = 10\nseed = 3\n[model]\nnum_layers = 2\n', encoding="utf-8")
    resolved = resolve_config(config_file=file, overrides={"train": {"seed": 4}})
    assert resolved.config.preset == "seed"
    assert (resolved.config.train.batch_size, resolved.config.train.seed, resolved.config.train.seq_len) == (10, 4, 30)
    assert resolved.origins["train.batch_size"] == f"file {file}"
    assert resolved.origins["train.seed"] == "flag"
    assert resolved.origins["train.seq_len"] == "preset seed"
    assert "train.weight_decay" not in resolved.origins


def test_a_preset_asked_for_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text('preset = "seed"\n', encoding="utf-8-sig")
    assert resolve_config("gru", config_file=file).config.preset == "gru"


def test_a_later_limit_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text("[train]\nsteps = 50\n", encoding="utf-8")
    train = resolve_config("seed", config_file=file).config.train
    assert (train.epochs, train.steps, train.seconds) == (None, 50, None)
    train = resolve_config("seed", config_file=file, overrides={"train": {"seconds": 5.0}}).config.train
    assert (train.epochs, train.steps, train.seconds) == (None, None, 5.0)


def test_a_run_without_a_limit_takes_ten_minutes() -> None:
    assert resolve_config().config.train.seconds == 600.0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"train = [", "is not a TOML file"),
        (b"\xff\xfe\x00", "is not a TOML file"),
        (b"a = " + b"9" * 5_000, "is not a TOML file"),
        (b"a = " + b"[" * 5_000, "is not a TOML file"),
        (b"preset = 3", "no preset '3'"),
    ],
)
def test_a_file_that_is_no_configuration_says_so(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "run.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        resolve_config(config_file=file)


def test_a_missing_file_and_an_unknown_preset_are_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        resolve_config(config_file=tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="no preset 'sead'. Did you mean 'seed'"):
        resolve_config("sead")


def test_a_setting_by_its_former_name_is_the_present_one(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text("[train]\ncount_symbols = 50\n", encoding="utf-8")
    resolved = resolve_config(config_file=file)
    assert resolved.config.train.ngram_symbols == 50
    assert resolved.origins["train.ngram_symbols"] == f"file {file}"
    assert RunConfig.from_dict({"train": {"count_symbols": 50}}).train.ngram_symbols == 50
