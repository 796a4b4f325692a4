"""What one reading of a library is of, and by what. Data only, without torch."""

from dataclasses import dataclass
from typing import Annotated

from penwright.settings import Between, check


@dataclass(frozen=True, kw_only=True, slots=True)
class OnePassConfig:
    """What is to be read, and by what."""

    chars: Annotated[int, Between(0, 10**15)] = 0
    """With --one-pass: characters of a library of which these books are a sample; 0 for these books."""
    machines: Annotated[int, Between(1, 4_096)] = 1
    """With --one-pass: number of machines like this one."""
    network: Annotated[float, Between(0.001, 10_000.0)] = 1.0
    """With --one-pass: speed of the network between them, in gigabits a second."""
    price: Annotated[float, Between(0.0, 1e6)] = 0.0
    """With --one-pass: price of a machine for an hour, in any currency; 0 leaves the cost out."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ConfigError: If one is out of bounds.
        """
        check(self)
