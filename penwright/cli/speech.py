"""How much a command says, and in which form."""

from typing import NamedTuple

from penwright.cli.output import say


class Speech(NamedTuple):
    """How much a command says, and in which form."""

    is_quiet: bool
    """True to say nothing but the result."""
    as_json: bool
    """True to print the result as one JSON object."""
    leads: bool = True
    """True if this process speaks for all that train together; the others say nothing."""

    def say(self, sentence: str) -> None:
        """Say something that is not the result."""
        if not self.is_quiet:
            self.warn(sentence)

    def warn(self, sentence: str) -> None:
        """Say what must be heard, quiet or not."""
        if self.leads:
            say(sentence)
