"""The configuration of a training: every setting in one frozen schema, from defaults < preset < TOML file < flags.

A configuration is data only: a file never names code, and a key that does not exist is an error. Lengths are counted in
optimizer steps unless the name says seconds or epochs.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Annotated, Any

from penwright.alphabet.code_points import has_utf8_form
from penwright.alphabet.units import CHARACTERS, Unit
from penwright.corpus.config import CorpusConfig
from penwright.errors import ConfigError, did_you_mean
from penwright.model.config import ModelConfig
from penwright.settings import MAX_INT64, Between, MaxChars, OneOf, check, settings_of, with_present_names
from penwright.writing.options import SamplingConfig, Temperature

ORDERS = ("shuffled", "rolled")
LABELS = ("none", "writers", "folders")
OPTIMIZERS = ("muon", "adamw", "adam")
SCHEDULES = ("linear", "constant")
VALIDATIONS = ("books", "windows")
PRECISIONS = ("auto", "float32", "bfloat16")
DEVICES = ("auto", "cpu", "cuda", "mps")
DEFAULT_SECONDS = 600.0
OF_THE_BOOKS = ("vocab_size", "unit", "num_labels")  # fields of ModelConfig that depend on the books


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainConfig:
    """Length, speed and care of a training."""

    seconds: Annotated[float, Between(0.001, 1e9)] | None = None
    """Wall-clock budget of the whole run. Give at most one of seconds, steps and epochs; with none, ten minutes."""
    steps: Annotated[int, Between(1, 10**12)] | None = None
    """Number of optimizer updates in the whole run."""
    epochs: Annotated[int, Between(1, 10**9)] | None = None
    """Number of passes over the training books in the whole run."""
    batch_size: Annotated[int, Between(1, 65_536)] = 16
    """Number of lanes of text read in parallel."""
    seq_len: Annotated[int, Between(1, 65_536)] = 128
    """Number of symbols in a window. Gradients reach no further back."""
    order: Annotated[str, OneOf(ORDERS)] = "shuffled"
    """Order of the books: "shuffled" draws a new one each epoch, "rolled" is the 2017 system's."""
    reset_at_books: bool = True
    """True to reset the state at the edge of a book, False to carry it across."""
    labels: Annotated[str, OneOf(LABELS)] = "none"
    """Label of each book that the author learns beside its text: "none", its writer ("writers") or its folder
    ("folders"). The author can then be asked for each, or for a mixture."""
    optimizer: Annotated[str, OneOf(OPTIMIZERS)] = "adamw"
    """Optimizer: "muon" (for the matrices before and within the stack, with AdamW for the rest), "adamw" or "adam"."""
    learning_rate: Annotated[float, Between(1e-12, 1.0)] = 3e-3
    """Peak learning rate of the schedule."""
    schedule: Annotated[str, OneOf(SCHEDULES)] = "linear"
    """Schedule of the rate: "linear" falls over the last `decay_fraction` of the run, "constant" does not fall."""
    warmup_steps: Annotated[int, Between(0, 10**9)] = 30
    """Number of steps over which the rate climbs to its peak."""
    decay_fraction: Annotated[float, Between(0.0, 1.0)] = 0.75
    """Share of the run over which the rate falls."""
    final_rate_fraction: Annotated[float, Between(0.0, 1.0)] = 0.05
    """Final rate, as a fraction of the peak."""
    beta1: Annotated[float, Between(0.0, 0.999_999)] = 0.9
    """Decay of the running mean of gradients."""
    beta2: Annotated[float, Between(0.0, 0.999_999_9)] = 0.99
    """Decay of the running mean of squared gradients."""
    epsilon: Annotated[float, Between(0.0, 1.0)] = 1e-8
    """Term added to the denominator of an update, for gradients of the mean loss."""
    weight_decay: Annotated[float, Between(0.0, 100.0)] = 0.01
    """Decoupled decay of weight matrices (not with adam)."""
    muon_rate: Annotated[float, Between(1e-6, 1e6)] = 15.0
    """Rate of Muon's updates, as a multiple of `learning_rate`."""
    muon_momentum: Annotated[float, Between(0.0, 0.999_999)] = 0.95
    """Decay of Muon's running mean of gradients."""
    ngram_symbols: Annotated[int, Between(1, 10**10)] = 64_000_000
    """Maximum number of symbols counted for one table, which bounds time and memory."""
    grad_clip: Annotated[float, Between(0.0, 1e9)] = 1.0
    """Maximum global norm of the gradients; 0 disables clipping."""
    seed: Annotated[int, Between(0, MAX_INT64)] = 0
    """Seed of the initial weights, the order of books and the dropout masks."""
    progress_every: Annotated[int, Between(0, 10**9)] = 0
    """Number of steps between progress records; 0 for about one a second."""
    val_every: Annotated[int, Between(0, 10**9)] = 0
    """Number of steps between evaluations on held-out books; 0 spends a twentieth of the time on them."""
    val_chars: Annotated[int, Between(0, 10**12)] = 0
    """Number of held-out characters in each evaluation during training, spread evenly over the books; 0 for 100,000, or
    fewer in a run so short that they would take too much of it."""
    validation: Annotated[str, OneOf(VALIDATIONS)] = "books"
    """Method of evaluation: "books" reads each book from its beginning and carries the state. "windows" is the 2017
    system's pass over windows of 1,024 characters, each from a zero state."""
    final_val_chars: Annotated[int, Between(0, 10**12)] = 0
    """Number of held-out characters of each split in the last evaluation, of the best author; 0 for 300,000, or fewer
    in a short run."""
    compare_every: Annotated[int, Between(0, 10**9)] = 0
    """Number of steps between comparisons of text read and text predicted; 0 for none."""
    save_every: Annotated[int, Between(0, 10**9)] = 0
    """Number of steps between checkpoints; 0 to save by time only."""
    save_seconds: Annotated[float, Between(0.0, 1e9)] = 60.0
    """Number of seconds between checkpoints; 0 to save by steps only."""
    keep_checkpoints: Annotated[int, Between(0, 10_000)] = 3
    """Number of checkpoints kept beside the last, and beside the best step's if there is one."""
    patience: Annotated[int, Between(0, 10**9)] = 12
    """Number of evaluations without gain after which training ends; 0 to go on regardless."""
    snapshot_every: Annotated[int, Between(1, 10**9)] = 50
    """Number of steps between snapshots. An exploding loss is rolled back to the latest."""
    spike_factor: Annotated[float, Between(1.01, 1e9)] = 3.0
    """Multiple of the running average above which a loss counts as exploding."""
    max_rollbacks: Annotated[int, Between(0, 10**6)] = 6
    """Number of rollbacks after which training gives up."""
    threads: Annotated[int, Between(0, 4_096)] = 0
    """Number of processor threads; 0 for one on each available processor."""
    device: Annotated[str, OneOf(DEVICES)] = "auto"
    """Device: "auto", "cpu", "cuda" or "mps"."""
    precision: Annotated[str, OneOf(PRECISIONS)] = "auto"
    """Precision of matrix products in training: "float32", "bfloat16", or "auto" for the one that measures faster.
    Weights, states, sums and losses are float32 in any case."""

    def __post_init__(self) -> None:
        check(self, section="train.")
        if sum(limit is not None for limit in (self.seconds, self.steps, self.epochs)) > 1:
            raise ConfigError("give only one of seconds (--for), steps and epochs.")


@dataclass(frozen=True, kw_only=True, slots=True)
class DiaryConfig(SamplingConfig):
    """Samples written during training, always from the same prompt and seed, so that progress is visible."""

    prompt: Annotated[str, MaxChars(10_000)] = "It was "
    """Text before the sample."""
    max_chars: Annotated[int, Between(0, 1_000_000)] = 400
    """Number of characters in a sample; 0 keeps no diary."""
    every: Annotated[int, Between(0, 10**9)] = 0
    """Number of steps between samples; 0 for many at the start and ever fewer later."""
    seed: Annotated[int, Between(0, MAX_INT64)] = 1
    """Seed of every sample."""
    temperature: Temperature = 0.7
    top_k_later: Annotated[int, Between(0, MAX_INT64)] | None = None
    """`top_k` after the first epoch; None keeps it as it is."""

    def __post_init__(self) -> None:
        check(self, section="diary.")
        if not has_utf8_form(self.prompt):
            raise ConfigError("diary.prompt holds bytes that are not UTF-8. Give it in UTF-8.")

    def sampling(self, *, epoch: int) -> SamplingConfig:
        """Return the sampling options for an epoch, counted from 1."""
        options = {item.name: getattr(self, item.name) for item in fields(SamplingConfig)}
        if epoch > 1 and self.top_k_later is not None:
            options["top_k"] = self.top_k_later
        return SamplingConfig(**options)


@dataclass(frozen=True, kw_only=True, slots=True)
class RunConfig:
    """All settings of a run. Together with the books they decide it."""

    preset: str = "default"
    """Preset that the run began from, kept for the record."""
    corpus: CorpusConfig = field(default_factory=CorpusConfig)
    """Settings that decide how books are read, cleaned and split."""
    model: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `ModelConfig` except those in OF_THE_BOOKS."""
    train: TrainConfig = field(default_factory=TrainConfig)
    """Length, speed and care of the training."""
    diary: DiaryConfig = field(default_factory=DiaryConfig)
    """Samples written during training."""

    def __post_init__(self) -> None:
        self.model_config(vocab_size=256)

    def model_config(self, *, vocab_size: int, unit: Unit = CHARACTERS, num_labels: int = 0) -> ModelConfig:
        """Return the network's configuration for an alphabet of `vocab_size` symbols of some unit, and some labels."""
        own = {"vocab_size": vocab_size, "unit": unit, "num_labels": num_labels}
        return ModelConfig.from_dict({**self.model, **own})

    def to_dict(self) -> dict[str, Any]:
        """Return tables of plain data, with every field except those that are None."""
        model = self.model_config(vocab_size=256).to_dict()
        tables = {
            "corpus": asdict(self.corpus),
            "model": {name: value for name, value in model.items() if name not in OF_THE_BOOKS},
            "train": asdict(self.train),
            "diary": asdict(self.diary),
        }
        return {
            "preset": self.preset,
            **{
                name: {key: value for key, value in table.items() if value is not None}
                for name, table in tables.items()
            },
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "RunConfig":
        """Build from tables of plain data.

        Raises:
            ConfigError: If a table or key does not exist, or a value has the wrong type or is out of bounds.
        """
        tables = with_present_settings({name: table for name, table in data.items() if name != "preset"})
        check_tables(tables)
        preset = data.get("preset", "default")
        if not isinstance(preset, str):
            raise ConfigError(f"preset must be a name, not {preset!r}.")
        return cls(
            preset=preset,
            corpus=CorpusConfig(**tables.get("corpus", {})),
            model=dict(tables.get("model", {})),
            train=TrainConfig(**tables.get("train", {})),
            diary=DiaryConfig(**tables.get("diary", {})),
        )


SECTIONS: dict[str, type] = {"corpus": CorpusConfig, "model": ModelConfig, "train": TrainConfig, "diary": DiaryConfig}


def with_present_settings(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return tables from outside with the present name of every setting that was renamed, and otherwise unchecked."""
    return {
        name: with_present_names(table, section=name) if isinstance(table, Mapping) else table
        for name, table in tables.items()
    }


def check_tables(tables: Mapping[str, Any]) -> None:
    """Check that tables name only sections and settings that exist, with values within their bounds.

    Raises:
        ConfigError: Naming the first that does not, with the nearest one that does.
    """
    for name, table in tables.items():
        if name not in SECTIONS:
            raise ConfigError(f"there is no section [{name}].{did_you_mean(name, SECTIONS)}")
        if not isinstance(table, Mapping):
            raise ConfigError(f"[{name}] must be a table of settings, not {table!r}.")
        known = {
            key: setting
            for key, setting in settings_of(SECTIONS[name]).items()
            if name != "model" or key not in OF_THE_BOOKS
        }
        for key, value in table.items():
            if key not in known:
                raise ConfigError(f"there is no setting {name}.{key}.{did_you_mean(key, known)}")
            known[key].check(f"{name}.{key}", value)
