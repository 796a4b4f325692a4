import pytest

from penwright.corpus.config import SPLITS, CorpusConfig, split_name
from penwright.errors import ConfigError


def test_a_configuration_survives_plain_data() -> None:
    config = CorpusConfig(alphabet="seed", max_characters=100, unwrap=False, val_fraction=0.1, split_seed=3)
    assert CorpusConfig.from_dict(config.to_dict()) == config


def test_what_is_absent_has_its_default() -> None:
    assert CorpusConfig.from_dict({}) == CorpusConfig()


def test_only_the_seeds_alphabet_and_split_together_take_books_as_they_are() -> None:
    assert CorpusConfig(alphabet="seed", split="seed").is_raw
    assert not CorpusConfig(alphabet="seed").is_raw
    assert not CorpusConfig(split="seed").is_raw


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"alphabet": "learned"}, "alphabet='learned' is unknown. Did you mean 'learnt'"),
        ({"split": "title"}, "split='title' is unknown. Known: author, auto, passages, seed"),
        ({"max_characters": 0}, "max_characters=0 must be a whole number from 1 to 60,000"),
        ({"max_characters": 1.5}, "max_characters=1.5 must be a whole number"),
        ({"min_count": -1}, "min_count=-1 must be a whole number from 0"),
        ({"min_count": True}, "min_count=True must be a whole number"),
        ({"licence": "yes"}, "licence='yes' must be true or false"),
        ({"val_fraction": 0.5}, "val_fraction=0.5 must be a number from 0 to 0.4"),
        ({"test_fraction": -0.1}, "test_fraction=-0.1 must be a number"),
        ({"test_fraction": float("nan")}, "test_fraction=nan must be a number"),
        ({"split_seed": -1}, "split_seed=-1 must be a whole number from 0"),
        ({"unit": "bp"}, "unit='bp' is unknown. Did you mean 'bpe'"),
        ({"num_subwords": 63}, "num_subwords=63 must be a whole number from 64 to 32,768"),
        ({"num_subwords": 32_769}, "num_subwords=32769 must be"),
        ({"num_subwords": 512.0}, "num_subwords=512.0 must be a whole number"),
        ({"unit": "bpe", "alphabet": "seed"}, "unit='bpe' needs a learnt alphabet, and the seed's is fixed"),
    ],
)
def test_a_value_out_of_bounds_is_refused_with_its_bounds(values: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        CorpusConfig.from_dict(values)


def test_an_unknown_option_is_refused_with_a_near_name() -> None:
    with pytest.raises(ConfigError, match="no setting corpus.licens. Did you mean 'licence'"):
        CorpusConfig.from_dict({"licens": True})


def test_a_split_has_one_of_three_names() -> None:
    assert [split_name(name) for name in SPLITS] == ["train", "val", "test"]
    with pytest.raises(ConfigError, match="split='tests' is unknown. Did you mean 'test'"):
        split_name("tests")


def test_the_former_names_of_settings_are_understood() -> None:
    former = {"unit": "pairs", "num_pieces": 200, "fold": True}
    present = CorpusConfig(unit="bpe", num_subwords=200, normalize_punctuation=True)
    assert CorpusConfig.from_dict(former) == CorpusConfig.from_dict(present.to_dict()) == present
