"""Answers in the wire format of OpenAI's completions, whole or as events of a stream.

`text_offset` counts characters from the start of the prompt, with echo or without. `top_logprobs` holds the most
probable symbols and the chosen one, whose number is the same as in `token_logprobs`, to the last bit.
"""

import secrets
import time
from collections.abc import Sequence
from itertools import count
from typing import Any

from penwright.alphabet.characters import FIRST_CHARACTER_ID, FIRST_NIBBLE_ID, Alphabet
from penwright.serving.engine.request import Token
from penwright.serving.engine.rows import Job, Row
from penwright.serving.web.json import dump_json

DONE = b"data: [DONE]\n\n"
PING = b": ping\n\n"
_START, _NUMBERS = secrets.token_hex(8), count()
"""Ids of answers name the start and count on. To ask the system for each would let other threads in."""


class Answer:
    """The answer to one request."""

    def __init__(self, jobs: Sequence[Job], *, alphabet: Alphabet, model_name: str, shows_log_probs: bool) -> None:
        """Begin an answer.

        Args:
            jobs: One for each prompt.
            alphabet: Alphabet of the author.
            model_name: Name of the author.
            shows_log_probs: True to tell probabilities.
        """
        self._jobs, self._alphabet, self._shows_log_probs = jobs, alphabet, shows_log_probs
        self._head = {
            "id": f"cmpl-{_START}{next(_NUMBERS):016x}",
            "object": "text_completion",
            "created": int(time.time()),
            "model": model_name,
        }
        self._offsets: dict[Row, int] = {}

    def whole(self, choices: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Return the body of an answer that is not streamed."""
        return {**self._head, "choices": choices, "usage": self.usage()}

    def event(self, choice: dict[str, Any] | None, *, usage: dict[str, int] | None = None, has_usage: bool) -> bytes:
        """Return an event of a stream.

        Args:
            choice: What is new of one choice, None for the event of the usage alone.
            usage: Numbers of symbols.
            has_usage: True if the stream ends with them; until then they are null.
        """
        data: dict[str, Any] = {**self._head, "choices": [] if choice is None else [choice]}
        if has_usage:
            data["usage"] = usage
        return b"data: " + dump_json(data) + b"\n\n"

    def choice(
        self, row: Row, index: int, tokens: Sequence[Token], *, echoes: bool, finish: str | None
    ) -> dict[str, Any]:
        """Return a choice, or what is new of it.

        Args:
            row: Its text.
            index: Number of the choice.
            tokens: Tokens that are new.
            echoes: True to put the prompt before them.
            finish: Why it has ended, None if it has not.
        """
        prompt = row.job.prompt_text if echoes else ""
        text = prompt + "".join([token.text for token in tokens])
        log_probs = None
        if self._shows_log_probs:
            offset = self._offsets.get(row, 0 if echoes else len(row.job.prompt_text))
            shown = [*row.job.prompt_tokens, *tokens] if echoes else tokens
            log_probs = self._log_probs(shown, offset, has_first=not echoes or not row.job.prompt_tokens)
            self._offsets[row] = offset + sum([len(token.text) for token in shown])
        return {"text": text, "index": index, "logprobs": log_probs, "finish_reason": finish}

    def usage(self) -> dict[str, int]:
        """Return the numbers of symbols read and written."""
        read = sum(job.num_prompt_symbols for job in self._jobs)
        written = sum(row.num_written for job in self._jobs for row in job.rows)
        return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}

    def _log_probs(self, tokens: Sequence[Token], offset: int, *, has_first: bool) -> dict[str, Any]:
        """Return the four arrays. Nothing stands before the first token of a prompt, so it has no probability."""
        offsets, names = [], []
        for token in tokens:
            offsets.append(offset)
            offset += len(token.text)
            names.append(symbol_name(self._alphabet, token.symbol))
        values = [token.log_prob for token in tokens]
        top: list[dict[str, float] | None] = [
            {symbol_name(self._alphabet, symbol): value for symbol, value in token.top} for token in tokens
        ]
        if tokens and not has_first:
            values[0] = top[0] = None
        return {"tokens": names, "token_logprobs": values, "top_logprobs": top, "text_offset": offsets}


def symbol_name(alphabet: Alphabet, symbol: int) -> str:
    """Return what a symbol is called: its text, or for one without, what it stands for."""
    if alphabet.texts[symbol] or not alphabet.is_lossless:
        return alphabet.texts[symbol]
    if FIRST_NIBBLE_ID <= symbol < FIRST_CHARACTER_ID:
        return f"<nibble {symbol - FIRST_NIBBLE_ID:x}>"
    return "<edge>"
