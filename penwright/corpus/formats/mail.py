"""Take the text out of stored mail and web pages stored as mail: mht, eml, mbox.

The standard library takes the messages apart; what they hold is read like any other page or text. This module knows
nothing of paths or the corpus.
"""

import re
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message

from penwright.corpus.formats.encodings.decoding import Decoded, decode
from penwright.corpus.formats.letters import loss_warnings
from penwright.corpus.formats.markup.html import read_page
from penwright.errors import ReadingError, counted

_MESSAGE_START = re.compile(rb"^From [^\n]*\n", re.MULTILINE)


def read_mail(data: bytes, *, name: str, is_mailbox: bool = False) -> Decoded:
    """Return what the messages of a file say; attachments and headers are left out.

    Args:
        data: The whole file.
        name: What an error calls it.
        is_mailbox: Whether it holds many messages, each after a line that begins with "From ".

    Raises:
        ReadingError: If no message holds text.
    """
    messages = [part for part in _MESSAGE_START.split(data) if part.strip()] if is_mailbox else [data]
    found: list[Decoded] = []
    for message in messages:
        try:
            parts = _parts(message_from_bytes(message))
        except (MessageError, RecursionError, ValueError, LookupError) as error:
            raise ReadingError(f"{name} is damaged: {error}. Save it again.") from error
        found += [_read(part, charset, name) for part, charset in parts if part.strip(b"\r\n \t")]
    if not found:
        raise ReadingError(f"{name} holds no message with text in it. Save it as plain text, or leave it out.")
    text = "\n\n".join(part.text.strip("\n") for part in found) + "\n"
    warnings = tuple(dict.fromkeys(warning for part in found for warning in part.warnings))
    return Decoded(text, found[0].encoding, f"mail of {counted(len(messages), 'message')}", warnings)


def _parts(message: Message) -> list[tuple[bytes, str | None]]:
    """Return the plain texts of a message, or its pages where it has no plain text, each with the charset it names."""
    parts = [part for part in message.walk() if part.get_content_disposition() != "attachment"]
    plain = [part for part in parts if part.get_content_type() == "text/plain"]
    pages = [part for part in parts if part.get_content_type() == "text/html"]
    chosen = plain if plain and not (pages and message.get_content_subtype() == "related") else pages
    return [
        (payload, part.get_content_charset())
        for part in chosen
        if isinstance(payload := part.get_payload(decode=True), bytes)
    ]


def _read(data: bytes, charset: str | None, name: str) -> Decoded:
    decoded = decode(data, name=name, declared=charset)
    if "<html" not in decoded.text[:4_096].lower() and "<body" not in decoded.text[:4_096].lower():
        return decoded
    page = read_page(decoded.text)
    return decoded._replace(text=page.text, warnings=(*decoded.warnings, *loss_warnings(page)))
