"""A plug-in of the `llm` command: authors raised by Penwright write in its process, with no server and no key."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import llm
from pydantic import Field, create_model

from penwright import Author
from penwright.settings import settings_of
from penwright.writing.options import SEED, Ending, Laws, SamplingConfig, parse_options

BOX = "box"
USUAL_WORDS = 250
LENGTHS = ("max_chars", "max_words", "max_paragraphs")
LAWS = ("word_temperature", "no_repeat_ngram", "sentence_length", "paragraph_length", "close_quotes")


@llm.hookimpl
def register_models(register: Any) -> None:
    """Tell `llm` of the model."""
    register(Penwright())


def options_class() -> type[llm.Options]:
    """Return the options of the model: those of `penwright write`, with their descriptions."""
    declared = {name: settings_of(Ending)[name] for name in LENGTHS} | dict(settings_of(SamplingConfig))
    declared |= {name: settings_of(Laws)[name] for name in LAWS} | {"seed": SEED}
    about = "Author file or folder of a run. The default is the author that comes with Penwright."
    fields: dict[str, Any] = {"author": (str | None, Field(description=about, default=None))}
    for name, setting in declared.items():
        fields[name] = (setting.kind | None, Field(description=setting.description, default=None))
    return create_model("Options", __base__=llm.Options, **fields)


@lru_cache(maxsize=2)
def load(author: str) -> Author:
    """Load an author once."""
    return Author.from_box() if author == BOX else Author.load(author)


class Penwright(llm.Model):
    """An author that continues the prompt."""

    model_id = "penwright"
    can_stream = True
    Options = options_class()

    def execute(
        self, prompt: llm.Prompt, stream: bool, response: llm.Response, conversation: llm.Conversation | None
    ) -> Iterator[str]:
        """Yield the text that follows everything said so far."""
        if prompt.system:
            raise llm.ModelError("an author continues a text and follows no instructions. Leave the system prompt out.")
        given = {name: value for name, value in prompt.options.model_dump().items() if value is not None}
        author = load(given.pop("author", BOX))
        if not any(name in given for name in LENGTHS):
            given["max_words"] = USUAL_WORDS
        parse_options(given)
        before = conversation.responses if conversation is not None else []
        text = "".join((each.prompt.prompt or "") + each.text() for each in before) + (prompt.prompt or "")
        yield from author.stream(text, **given)

    def __str__(self) -> str:
        return "Penwright: penwright"
