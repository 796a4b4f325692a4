"""A request while it is being answered: its texts, and the tokens on their way from the engine's thread to a reader.

The engine's thread puts tokens into a deque, and the reader's thread takes them out of it; both ends of a deque are
safe. Everything else is written by the engine's thread alone, in such an order that a reader who sees `finish` sees
all tokens.
"""

import math
from collections import deque
from collections.abc import Sequence
from typing import Literal, Protocol

from penwright.serving.engine.request import TextRequest, Token
from penwright.writing.stopping import EndWatch

Finish = Literal["length", "stop", "failed", "cancelled"]
MAX_BACKLOG = 2_048
"""Number of tokens that may wait for a reader before its text is set aside."""


class Listener(Protocol):
    """Whoever waits for the texts of a request."""

    is_waiting: bool
    """True if it wants to know of the next token."""

    def ring(self) -> None:
        """Take notice that there are tokens, or that a text has ended. Called by the engine's thread."""


class Silence:
    """A listener that does not listen."""

    is_waiting = False

    def ring(self) -> None:
        """Do nothing."""


class Row:
    """One text."""

    def __init__(self, job: "Job", index: int) -> None:
        self.job, self.index = job, index
        self.key = -1
        """Key of the text in the crowd, -1 before it has joined."""
        self.tokens: deque[Token] = deque()
        """Tokens that may be taken."""
        self.num_written = 0
        self.sum_log_probs = 0.0
        self.finish: Finish | None = None
        """Why the text has ended, None while it is being written."""
        self.error: Exception | None = None
        """What went wrong if it has failed."""
        self.is_paused = False
        """True while it waits for its reader."""
        self.is_plain = job.request.ending.is_endless and job.request.num_top is None
        """True if every token is passed on as it comes, and nothing is told of it."""
        self._watch = None if job.request.ending.is_endless else EndWatch(job.request.ending)
        self._held: deque[tuple[int, Token]] = deque()  # with where each begins
        self._num_pushed = self._num_passed = 0

    @property
    def mean_log_prob(self) -> float:
        """Mean logarithm of the probabilities of its symbols, 0 without any."""
        return self.sum_log_probs / max(1, self.num_written)

    def push(self, token: Token) -> None:
        """Take the next token, and end the text if it is time. Do not call it once `finish` is set."""
        self.num_written += 1
        self.sum_log_probs += token.log_prob or 0.0
        if self._watch is None:
            self.tokens.append(token)
        else:
            self._held.append((self._num_pushed, token))
            self._num_pushed += len(token.text)
            self._num_passed += len(self._watch.push(token.text))
            self._pass_on()
            if self._watch.is_over:
                self.finish = "stop"
                return
        if self.num_written >= self.job.request.max_symbols:
            self.end("length")

    def end(self, finish: Finish, *, error: Exception | None = None) -> None:
        """End the text, with what was held back of it."""
        if self._watch is not None and not self._watch.is_over:
            self._num_passed += len(self._watch.finish())
            self._pass_on()
        self.error = error
        self.finish = finish

    def take(self) -> list[Token]:
        """Take all tokens that are there. Called by the reader."""
        return [self.tokens.popleft() for _ in range(len(self.tokens))]

    def _pass_on(self) -> None:
        """Release the tokens whose characters all belong to the text, and the beginning of the one at its end."""
        is_over = self._watch is not None and self._watch.is_over
        while self._held:
            start, token = self._held[0]
            stop = start + len(token.text)
            if stop > self._num_passed:
                break
            if is_over and start == stop == self._num_passed:
                break  # the beginning of a character that does not belong to the text
            self.tokens.append(token)
            self._held.popleft()
        if is_over and self._held and self._held[0][0] < self._num_passed:
            start, token = self._held.popleft()
            self.tokens.append(token._replace(text=token.text[: self._num_passed - start]))


class Job:
    """One prompt with its texts."""

    def __init__(self, request: TextRequest, *, listener: Listener | None = None, seconds: float = math.inf) -> None:
        """Make a job that waits.

        Args:
            request: What is wanted.
            listener: Whoever waits for it, None for nobody.
            seconds: How long it may take from when it is begun.
        """
        self.request = request
        self.listener: Listener = Silence() if listener is None else listener
        self.seconds = seconds
        self.rows = [Row(self, index) for index in range(request.num_texts)]
        self.num_open = len(self.rows)
        """Number of texts that still take a place."""
        self.prompt_text = ""
        """The prompt as text, once it is read."""
        self.prompt_tokens: Sequence[Token] = ()
        """The prompt with its probabilities, if they were asked for, once it is read."""
        self.num_prompt_symbols = 0
        self.is_read = False
        """True once the prompt is read."""

    @property
    def is_done(self) -> bool:
        """True once all texts have ended."""
        return all(row.finish is not None for row in self.rows)
