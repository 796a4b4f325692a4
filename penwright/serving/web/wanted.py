"""The fields of a completion request, each with its bounds, checked before the first byte of an answer is sent.

The fields are those of OpenAI's completions, with the options of `penwright write` beside them. null is the same as
nothing, everywhere. A field that nobody knows is passed over and named in a header of the answer, so that nobody
believes that it works.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from penwright.alphabet.characters import Alphabet
from penwright.errors import ConfigError
from penwright.serving.engine.request import TextRequest
from penwright.serving.web.errors import ApiError
from penwright.serving.web.labels import Labels
from penwright.settings import MAX_INT64, Between, MaxChars, Setting, settings_of
from penwright.writing.laws.choosing import guides_of
from penwright.writing.laws.symbols_bias import Penalties, SymbolBias
from penwright.writing.options import Ending, Laws, SamplingConfig, new_seed
from penwright.writing.pen import Guide

DEFAULT_MAX_TOKENS = 1_000
"""Length of a text whose client names none. OpenAI's own 16 would be half a line of characters."""
MAX_TOKENS = 100_000
MAX_TEXTS = 128
MAX_TOP = 20
MAX_STOPS = 4
MAX_STOP_CHARS = 1_000
MAX_PROMPT_CHARS = 4_000_000
MAX_TOTAL = 1_000_000
"""Largest number of symbols of all texts of a request, each with its probabilities counted as symbols too."""
MAX_BIASES = 1_000

_SAMPLING = ("temperature", "top_p", "top_k", "min_p")
_LAWS = ("word_temperature", "no_repeat_ngram", "sentence_length", "paragraph_length", "close_quotes")
_ENDING = ("max_words", "max_paragraphs")

FIELDS: Mapping[str, Setting] = MappingProxyType(
    {
        "max_tokens": Setting(int, (Between(0, MAX_TOKENS),), description="Characters to write at most."),
        "n": Setting(int, (Between(1, MAX_TEXTS),), description="Texts to write after each prompt."),
        "best_of": Setting(int, (Between(1, MAX_TEXTS),), description="Texts to choose these from, by probability."),
        "stream": Setting(bool, description="Send the text while it is written."),
        "echo": Setting(bool, description="Repeat the prompt before the text."),
        "logprobs": Setting(int, (Between(0, MAX_TOP),), description="Most probable characters to tell of."),
        "seed": Setting(int, (Between(0, MAX_INT64),), description="The same seed gives the same text."),
        "presence_penalty": Setting(float, (Between(-2, 2),), description="Taken from what was written before."),
        "frequency_penalty": Setting(float, (Between(-2, 2),), description="The same, for each time."),
        "user": Setting(str, (MaxChars(1_000),), description="Whoever asks; it is not kept."),
        **{name: settings_of(SamplingConfig)[name] for name in _SAMPLING},
        **{name: settings_of(Ending)[name] for name in _ENDING},
        **{name: settings_of(Laws)[name] for name in _LAWS},
    }
)
"""Fields with a number, a text or a choice. The others are `prompt`, `model`, `stop`, `logit_bias`, `suffix`,
`stream_options` and `as`."""
OTHERS = ("prompt", "model", "stop", "logit_bias", "suffix", "stream_options", "as")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A completion request, checked."""

    requests: tuple[TextRequest, ...]
    """One for each prompt, in their order."""
    num_choices: int
    """Texts to answer with for each prompt; of best_of texts, those with the greatest mean probability."""
    is_streamed: bool
    echoes: bool
    shows_log_probs: bool
    wants_usage: bool
    """True if a stream is to end with the numbers of symbols."""
    ignored: tuple[str, ...]
    """Fields that nobody knows."""


def parse_wanted(
    data: Mapping[str, Any], *, alphabet: Alphabet, model_name: str, max_rows: int, labels: Labels
) -> Wanted:
    """Check a request.

    Args:
        data: The JSON object that a client sent.
        alphabet: Alphabet of the author.
        model_name: Name of the author, the only one there is.
        max_rows: Largest number of texts that may be written side by side.
        labels: Labels that the author knows.

    Raises:
        ApiError: Naming the first field that does not fit.
    """
    given = {name: value for name, value in data.items() if value is not None}
    for name, setting in FIELDS.items():
        if name in given:
            checked(name, given[name], setting)
    _check_model(given.get("model"), model_name)
    if given.get("suffix") not in (None, ""):
        raise ApiError(400, "this author writes on and cannot fill in before a suffix. Leave it out.", param="suffix")
    is_streamed, num_top = bool(given.get("stream")), given.get("logprobs")
    num_choices = given.get("n", 1)
    num_tries = given.get("best_of", num_choices)
    if num_tries < num_choices:
        raise ApiError(400, f"best_of={num_tries} must be at least n={num_choices}.", param="best_of")
    if num_tries > num_choices and is_streamed:
        raise ApiError(400, "a stream cannot wait for the best of several texts. Leave best_of out.", param="best_of")
    max_tokens = given.get("max_tokens", DEFAULT_MAX_TOKENS)
    prompts = _prompts_of(given.get("prompt", ""), alphabet=alphabet)
    scores_prompt = bool(given.get("echo")) and num_top is not None
    _check_sizes(prompts, num_tries, max_tokens, num_top, max_rows=max_rows, scores_prompt=scores_prompt)
    try:
        sampling = SamplingConfig(**{name: given[name] for name in _SAMPLING if name in given})
        ending = Ending(stop=_stops_of(given.get("stop")), **{name: given[name] for name in _ENDING if name in given})
        laws = Laws(**{name: given[name] for name in _LAWS if name in given})
        guides = partial(
            _guides_of,
            alphabet,
            sampling,
            laws,
            _biases_of(given.get("logit_bias"), alphabet.vocab_size),
            (given.get("presence_penalty", 0.0), given.get("frequency_penalty", 0.0)),
        )
        guides()
    except ConfigError as error:
        raise ApiError(400, str(error)) from error
    wants_probabilities = num_top is not None or num_tries > num_choices
    seed, label = given.get("seed"), labels.vector_of(given.get("as"))
    requests = tuple(
        TextRequest(
            prompt=prompt,
            max_symbols=max_tokens,
            sampling=sampling,
            seed=new_seed() if seed is None else seed,
            num_texts=num_tries,
            ending=ending,
            guides=guides,
            num_top=(num_top or 0) if wants_probabilities else None,
            scores_prompt=scores_prompt,
            label=label,
        )
        for prompt in prompts
    )
    return Wanted(
        requests=requests,
        num_choices=num_choices,
        is_streamed=is_streamed,
        echoes=bool(given.get("echo")),
        shows_log_probs=num_top is not None,
        wants_usage=_wants_usage(given.get("stream_options"), is_streamed=is_streamed),
        ignored=tuple(name for name in given if name not in FIELDS and name not in OTHERS),
    )


def checked(name: str, value: Any, setting: Setting) -> Any:
    """Return a value that fits.

    Raises:
        ApiError: If it does not.
    """
    try:
        setting.check(name, value)
    except ConfigError as error:
        raise ApiError(400, str(error), param=name) from error
    return value


def ids_of(value: Any, *, name: str, vocab_size: int) -> tuple[int, ...]:
    """Return a list of ids.

    Raises:
        ApiError: If it is none, or one is out of bounds.
    """
    if not isinstance(value, list) or not all(type(each) is int and 0 <= each < vocab_size for each in value):
        raise ApiError(400, f"{name} must be a list of ids, whole numbers from 0 to {vocab_size - 1}.", param=name)
    return tuple(value)


def _prompts_of(value: Any, *, alphabet: Alphabet) -> list[str | tuple[int, ...]]:
    """Return the prompts of a request: a text, several, ids, or several lists of ids."""
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list) or not value:
        raise ApiError(400, "prompt must be a text, a list of texts, a list of ids or a list of these.", param="prompt")
    if all(isinstance(each, str) for each in value):
        return list(value)
    lists = value if all(isinstance(each, list) for each in value) else [value]
    return [ids_of(each, name="prompt", vocab_size=alphabet.vocab_size) for each in lists]


def _check_model(model: Any, model_name: str) -> None:
    if model is not None and not isinstance(model, str):
        raise ApiError(400, "model must be a text.", param="model")
    if model not in (None, model_name):
        raise ApiError(
            404,
            f"there is no model {model[:100]!r} here. The author of this server is {model_name!r}.",
            kind="not_found_error",
            param="model",
            code="model_not_found",
        )


def _check_sizes(
    prompts: Sequence[str | tuple[int, ...]],
    num_tries: int,
    max_tokens: int,
    num_top: int | None,
    *,
    max_rows: int,
    scores_prompt: bool,
) -> None:
    """Check that an answer fits into memory."""
    num_texts, num_chars = len(prompts) * num_tries, sum(map(len, prompts))
    if num_texts > min(max_rows, MAX_TEXTS):
        limit = min(max_rows, MAX_TEXTS)
        raise ApiError(400, f"{num_texts:,} texts were asked for at once; at most {limit} may be.", param="n")
    if num_chars > MAX_PROMPT_CHARS:
        found = f"the prompts have {num_chars:,} characters"
        raise ApiError(400, f"{found}; at most {MAX_PROMPT_CHARS:,} may be read at once.", param="prompt")
    weight = 1 if num_top is None else num_top + 2
    if scores_prompt and num_chars * weight > MAX_TOTAL:
        found = f"the prompts have {num_chars:,} characters"
        allowed = MAX_TOTAL // weight
        raise ApiError(400, f"{found}; with echo and logprobs={num_top} at most {allowed:,} may.", param="logprobs")
    if num_texts * max_tokens * weight > MAX_TOTAL:
        allowed = MAX_TOTAL // (num_texts * weight)
        raise ApiError(
            400,
            f"max_tokens={max_tokens:,} is too much for {num_texts} such texts: at most {allowed:,}.",
            param="max_tokens",
        )


def _stops_of(value: Any) -> tuple[str, ...] | None:
    stops = (value,) if isinstance(value, str) else value
    if stops is None or stops in ([], ("",)):
        return None
    is_fit = isinstance(stops, list | tuple) and all(isinstance(each, str) and each for each in stops)
    if not is_fit or len(stops) > MAX_STOPS or any(len(each) > MAX_STOP_CHARS for each in stops):
        raise ApiError(
            400, f"stop must be a text or up to {MAX_STOPS}, each of 1 to {MAX_STOP_CHARS:,} characters.", param="stop"
        )
    return tuple(stops)


def _biases_of(value: Any, vocab_size: int) -> dict[int, float]:
    """Return the numbers to add to logits, by symbol."""
    number = Setting(float, (Between(-100, 100),))
    if value is None:
        return {}
    if not isinstance(value, dict) or len(value) > MAX_BIASES:
        raise ApiError(400, f"logit_bias must be an object of at most {MAX_BIASES:,} ids.", param="logit_bias")
    found = {}
    for key, bias in value.items():
        if not (key.isascii() and key.isdigit() and len(key) < 10 and int(key) < vocab_size):
            raise ApiError(
                400,
                f"logit_bias: {key[:20]!r} is no id of this author. Ids are those of /tokenize, 0 to {vocab_size - 1}.",
                param="logit_bias",
            )
        found[int(key)] = float(checked("logit_bias", bias, number))
    return found


def _wants_usage(value: Any, *, is_streamed: bool) -> bool:
    if value in (None, {}):
        return False
    if not isinstance(value, dict) or not isinstance(value.get("include_usage", False), bool | None):
        raise ApiError(400, 'stream_options must be an object such as {"include_usage": true}.', param="stream_options")
    if not is_streamed:
        raise ApiError(400, "stream_options are for streams only. Send stream: true too.", param="stream_options")
    return bool(value.get("include_usage"))


def _guides_of(
    alphabet: Alphabet,
    sampling: SamplingConfig,
    laws: Laws,
    biases: Mapping[int, float],
    penalties: tuple[float, float],
) -> list[Guide]:
    """Return the guides of one text."""
    guides: list[Guide] = []
    if biases:
        guides.append(SymbolBias(alphabet, biases=biases))
    if any(penalties):
        guides.append(Penalties(alphabet, presence=penalties[0], frequency=penalties[1]))
    return guides + guides_of(laws, alphabet=alphabet, sampling=sampling)
