"""Every dial has bounds, every wrong name a near one, and a configuration survives its own file."""

import tomllib

import pytest
import tomli_w

from penwright.errors import ConfigError
from penwright.training.settings.config import DiaryConfig, RunConfig, TrainConfig
from penwright.training.settings.presets import PRESETS
from penwright.training.settings.resolve import resolve_config


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_every_preset_survives_its_own_toml(preset: str) -> None:
    config = resolve_config(preset).config
    again = RunConfig.from_dict(tomllib.loads(tomli_w.dumps(config.to_dict())))
    assert again.to_dict() == config.to_dict()
    assert again.train == config.train


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"learning_rate": 2.0}, r"train\.learning_rate=2\.0 must be a number from 1e-12 to 1\."),
        ({"learning_rate": float("nan")}, "learning_rate=nan must be a number"),
        ({"batch_size": 0}, "batch_size=0 must be a whole number from 1 to 65,536"),
        ({"steps": 0}, "steps=0 must be a whole number from 1"),
        ({"seconds": 5.0, "steps": 3}, "give only one of"),
        ({"order": "rolld"}, "order='rolld' is unknown. Did you mean 'rolled'"),
        ({"device": "gpu"}, "device='gpu' is unknown. Did you mean 'cpu'"),
    ],
)
def test_values_out_of_bounds_are_refused_with_their_bounds(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        TrainConfig(**values)  # type: ignore[arg-type]


def test_a_diary_is_bounded_too() -> None:
    with pytest.raises(ConfigError, match=r"diary\.max_chars=-1 must be a whole number from 0"):
        DiaryConfig(max_chars=-1)
    with pytest.raises(ConfigError, match="prompt='x{49} must be text of at most 10,000 characters"):
        DiaryConfig(prompt="x" * 10_001)
    with pytest.raises(ConfigError, match="temperature"):
        DiaryConfig(temperature=-1.0)
    with pytest.raises(ConfigError, match="not UTF-8"):
        DiaryConfig(prompt="caf\udce9")


def test_the_diary_samples_more_narrowly_once_it_is_asked_to() -> None:
    diary = resolve_config("seed").config.diary
    assert (diary.sampling(epoch=1).top_k, diary.sampling(epoch=2).top_k) == (10, 2)
    assert DiaryConfig(top_k=4).sampling(epoch=9).top_k == 4


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"trian": {}}, r"no section \[trian\]. Did you mean 'train'"),
        ({"train": {"learning_rat": 1e-3}}, "no setting train.learning_rat. Did you mean 'learning_rate'"),
        ({"model": {"vocab_size": 9}}, "no setting model.vocab_size"),
        ({"train": {"steps": "many"}}, "train.steps='many' must be a whole number"),
        ({"train": {"steps": True}}, "train.steps=True must be a whole number"),
        ({"train": {"reset_at_books": 1}}, "must be true or false"),
        ({"corpus": {"alphabet": 3}}, "corpus.alphabet=3 is unknown. Known: learnt, seed"),
        ({"train": 3}, r"\[train\] must be a table"),
        ({"model": {"hidden_size": 10**9}}, "hidden_size"),
        ({"train": {"learning_rate": float("inf")}}, "must be a number"),
    ],
)
def test_a_wrong_table_names_what_is_wrong(tables: dict[str, dict[str, object]], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        resolve_config(overrides=tables)


def test_the_seed_is_the_2017_system() -> None:
    config = resolve_config("seed").config
    model = config.model_config(vocab_size=98)
    train = config.train
    assert (model.cell, model.gru_reset, model.num_layers, model.hidden_size, model.embedding_dim) == (
        "gru",
        "before",
        3,
        512,
        0,
    )
    assert (train.batch_size, train.seq_len, train.order, train.reset_at_books) == (200, 30, "rolled", False)
    assert (train.optimizer, train.learning_rate, train.schedule, train.grad_clip) == ("adam", 1e-3, "constant", 0.0)
    assert (train.progress_every, train.val_every, config.diary.every, train.save_every) == (50, 50, 150, 500)
    assert config.corpus.is_raw
    assert train.epsilon * 200 * 30 == pytest.approx(1e-8)
