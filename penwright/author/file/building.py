"""Build the model of an author file, and lay it out for the engine that writes.

The parts of a file become a model of torch, on which training goes on, or an engine without torch.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from penwright.author.file.loading import AuthorParts
from penwright.errors import UsageError
from penwright.model.char_model import CharModel
from penwright.model.rounding import RoundedWeight
from penwright.ngrams.letters import marks_of
from penwright.ngrams.tables import arrays_of, empty_tables, tables_of


def build_model(parts: AuthorParts) -> CharModel:
    """Return the model of an author file, on the CPU, in float32."""
    model = CharModel(parts.config, generator=torch.Generator().manual_seed(0))  # every weight is replaced
    weights = {}
    for name, weight in parts.weights.items():
        values = weight.values() if isinstance(weight, RoundedWeight) else np.ascontiguousarray(weight)
        weights[name] = torch.from_numpy(values)
    model.load_state_dict(weights)
    if model.context_models is not None:
        tables = empty_tables(parts.config.vocab_size) if parts.tables is None else tables_of(parts.tables)
        model.context_models.use(tables, torch.from_numpy(marks_of(parts.alphabet)))
    return model


def arrays_of_model(model: CharModel) -> tuple[dict[str, NDArray[np.float32]], dict[str, NDArray[Any]] | None]:
    """Return a model's weights by name, as float32 on the CPU, and the arrays of its n-gram tables if it has any."""
    weights = {name: tensor.detach().cpu().float().numpy() for name, tensor in model.state_dict().items()}
    return weights, None if model.tables is None else arrays_of(model.tables)


def on_device(model: CharModel, device: str | torch.device) -> CharModel:
    """Return the model on a device.

    Raises:
        UsageError: If there is no such device.
    """
    try:
        if torch.device(device).type == "meta":
            raise RuntimeError("it holds no values")
        return model.to(device)
    except (RuntimeError, AssertionError) as error:  # torch was built without it, or the machine lacks it
        raise UsageError(f"the device '{device}' cannot be used here. Use 'cpu' or one that torch finds.") from error
