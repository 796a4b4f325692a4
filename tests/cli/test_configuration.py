"""A configuration shown with the origin of each value."""

import json
import tomllib
from pathlib import Path

import pytest

from penwright.cli.app import main
from penwright.cli.configuration import all_origins, configuration_text
from penwright.training.distributed import World
from penwright.training.planning.plan import batch_sizes_of, is_to_be_planned
from penwright.training.settings.presets import PRESETS
from penwright.training.settings.resolve import resolve_config


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_what_is_shown_can_be_read_back(preset: str, tmp_path: Path) -> None:
    resolved = resolve_config(preset, overrides={"diary": {"prompt": 'It "was"\n# dark'}, "train": {"steps": 7}})
    path = tmp_path / "run.toml"
    path.write_text(configuration_text(resolved), encoding="utf-8")
    assert resolve_config(None, config_file=path).config.to_dict() == resolved.config.to_dict()


@pytest.mark.parametrize("overrides", [{}, {"train": {"batch_size": 8}}])
def test_what_a_plan_will_choose_is_still_its_to_choose_when_it_is_read_back(
    overrides: dict[str, dict[str, int]], tmp_path: Path
) -> None:
    resolved = resolve_config(None, overrides=overrides)
    path = tmp_path / "run.toml"
    path.write_text(configuration_text(resolved), encoding="utf-8")
    again = resolve_config(None, config_file=path)
    assert is_to_be_planned(again, world=World())
    assert batch_sizes_of(again) == batch_sizes_of(resolved)
    assert again.config.to_dict() == resolved.config.to_dict()


def test_every_value_names_its_origin(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text("[train]\nbatch_size = 8\nseq_len = 9\n", encoding="utf-8")
    resolved = resolve_config("gru", config_file=path, overrides={"train": {"seq_len": 10}})
    origins = all_origins(resolved)
    assert origins["model.cell"] == "preset gru"
    assert origins["train.batch_size"] == f"file {path}"
    assert origins["train.seq_len"] == "flag"
    assert origins["train.patience"] == "default"
    shown = [" ".join(line.split()) for line in configuration_text(resolved).splitlines()]
    assert "seq_len = 10 # flag" in shown
    assert f"batch_size = 8 # file {path}" in shown


def test_the_command_prints_it_and_trains_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--print-config", "--for", "90s", "--seed", "3", "--set", "model.num_layers=2"]) == 0
    out, err = capsys.readouterr()
    tables = tomllib.loads(out)
    assert (tables["train"]["seconds"], tables["train"]["seed"], tables["model"]["num_layers"]) == (90.0, 3, 2)
    assert err == ""
    assert not list(tmp_path.iterdir())


def test_as_json_it_has_the_origins_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--print-config", "--preset", "seed", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["config"]["model"]["hidden_size"] == 512
    assert found["origins"]["model.hidden_size"] == "preset seed"
