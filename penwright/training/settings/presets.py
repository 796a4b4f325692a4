"""Named configurations, each with its purpose.

A preset is data: tables of the same settings that a TOML file holds, laid over the defaults.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Preset(NamedTuple):
    """A named configuration."""

    description: str
    """One line for a list of presets."""
    tables: Mapping[str, Mapping[str, Any]]
    """Settings that differ from the defaults, by section."""


def _plain(cell: str, *, learning_rate: float = 3e-3, **model: Any) -> Mapping[str, Mapping[str, Any]]:
    """Return a rung of the ladder: a plain stack of one cell, in a size that learns well in minutes on a laptop."""
    return {"model": {"cell": cell, "is_residual": False, **model}, "train": {"learning_rate": learning_rate}}


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "default": Preset(
            "gated recurrence in residual blocks: the best author for minutes on a laptop",
            {
                "model": {
                    "cell": "gated",
                    "is_residual": True,
                    "embedding_dim": 192,
                    "hidden_size": 192,
                    "num_layers": 3,
                    "mlp_size": 384,
                    "ngram_entries": 32_000_000,
                    "match_slots": 32_768,
                    "consensus": True,
                    "context_kinds": 2,
                },
                "train": {"optimizer": "muon", "learning_rate": 1.5e-3},
            },
        ),
        "seed": Preset(
            "the 2017 workshop system, exactly: three layers of 512 reset-before GRU, rolled lanes, Adam 1e-3",
            {
                "corpus": {
                    "alphabet": "seed",
                    "split": "seed",
                    "licence": False,
                    "unwrap": False,
                    "normalize_punctuation": False,
                    "drop_duplicates": False,
                },
                "model": {
                    "cell": "gru",
                    "gru_reset": "before",
                    "is_residual": False,
                    "embedding_dim": 0,
                    "hidden_size": 512,
                    "num_layers": 3,
                    "mlp_size": 0,
                    "dropout": 0.0,
                },
                "train": {
                    "epochs": 10,
                    "batch_size": 200,
                    "seq_len": 30,
                    "order": "rolled",
                    "reset_at_books": False,
                    "optimizer": "adam",
                    "learning_rate": 1e-3,
                    "schedule": "constant",
                    "warmup_steps": 0,
                    "beta2": 0.999,
                    # Adam on the sum of 6,000 losses with 1e-8 takes the same steps as on their mean with 1e-8 / 6,000.
                    "epsilon": 1e-8 / 6_000,
                    "grad_clip": 0.0,
                    "progress_every": 50,
                    "compare_every": 50,
                    "val_every": 50,
                    "val_chars": 1_000_000,
                    "validation": "windows",
                    "save_every": 500,
                    "save_seconds": 0.0,
                    "keep_checkpoints": 1_000,
                    "patience": 0,
                    "precision": "float32",
                },
                "diary": {
                    "prompt": "K",
                    "max_chars": 1_000,
                    "every": 150,
                    "temperature": 1.0,
                    "top_k": 10,
                    "top_k_later": 2,
                    "min_p": 0.0,
                },
            },
        ),
        "perceptron": Preset(
            "first rung: one layer of sigmoid units that sees one character",
            _plain("perceptron", embedding_dim=0, hidden_size=256, num_layers=1),
        ),
        "window": Preset(
            "second rung: a multi-layer perceptron over the last 16 characters",
            _plain("window", embedding_dim=32, hidden_size=384, num_layers=2, window_size=16),
        ),
        "elman": Preset(
            "third rung: the simple recurrent network",
            _plain("elman", embedding_dim=64, hidden_size=384, num_layers=1, learning_rate=1e-3),
        ),
        "gru": Preset(
            "fourth rung: gated recurrent units, reset after",
            _plain("gru", gru_reset="after", embedding_dim=64, hidden_size=320, num_layers=1),
        ),
        "lstm": Preset(
            "fifth rung: long short-term memory",
            _plain("lstm", embedding_dim=64, hidden_size=320, num_layers=1),
        ),
    }
)
