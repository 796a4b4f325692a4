"""Choose the engine for a model: compiled where numba is there and the model is on the CPU in float32, else plain."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from penwright.alphabet.characters import Alphabet
from penwright.kernels.compiling import is_compiled, numba
from penwright.kernels.reading import read
from penwright.model.config import ModelConfig
from penwright.ngrams.letters import marks_of
from penwright.ngrams.lookup_arrays import LookupArrays, lookup_arrays
from penwright.writing.engines.adaptation import adaptation_of, line_end_of
from penwright.writing.engines.base import Engine
from penwright.writing.engines.compiled import CompiledEngine
from penwright.writing.engines.parameters import Weights

if TYPE_CHECKING:
    from penwright.model.char_model import CharModel


def needs_compiling() -> bool:
    """Return True if the compiled engine was never used on this machine, so that its first step takes long."""
    return not is_compiled(read)


def engine_of_parts(
    config: ModelConfig, weights: Weights, tables: Mapping[str, NDArray[Any]] | None, alphabet: Alphabet
) -> Engine | None:
    """Return the compiled engine of a model that is given as arrays, None without numba.

    Args:
        config: Shape of the model.
        weights: Every weight by its name in `state_dict`.
        tables: Arrays of `NgramTables` by name, None for a model without n-grams.
        alphabet: Alphabet of the model.
    """
    if numba is None:
        return None
    packed = None if tables is None else lookup_arrays(tables)
    return CompiledEngine(config, weights, marks=marks_of(alphabet), tables=packed, line_end=line_end_of(alphabet))


def engine_of_model(model: "CharModel", alphabet: Alphabet) -> Engine:
    """Return an engine for a model as it is now. Make another after its weights or tables have changed."""
    import torch

    from penwright.writing.engines.plain import PlainEngine

    first = next(model.parameters())
    if numba is None or first.device.type != "cpu" or first.dtype != torch.float32:
        return PlainEngine(model, adaptation=adaptation_of(alphabet))
    weights = {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}
    lookup = None if model.context_models is None else model.context_models.ngram_lookup
    packed = None if lookup is None else LookupArrays(*(getattr(lookup, name).numpy() for name in LookupArrays._fields))
    return CompiledEngine(
        model.config, weights, marks=marks_of(alphabet), tables=packed, line_end=line_end_of(alphabet)
    )
