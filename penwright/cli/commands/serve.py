"""`penwright serve`: a page to write on with an author, and answers for programs that speak OpenAI's completions."""

import ipaddress
import os
import secrets
import stat
from pathlib import Path
from typing import Annotated

from penwright.cli.commands.loading import Label, load_to_write
from penwright.cli.finding import find_author
from penwright.cli.indexing import corpus_of, opened_index
from penwright.cli.options import Box, Existing, NewFile, NewFolder, Texts, Whole, option
from penwright.cli.output import say
from penwright.errors import MissingExtraError, PenwrightError, UsageError
from penwright.files import replacing
from penwright.settings import Between, MaxChars, Setting

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8321
DEFAULT_STORIES = Path("stories")
DEFAULT_TEXTS = 64
DEFAULT_QUEUE = 256
TOKEN_VARIABLE = "PENWRIGHT_TOKEN"
MIN_TOKEN_CHARS = 16
MAX_TOKEN_CHARS = 1_000
PORT = Setting(int, (Between(0, 65_535),))
TEXTS = Setting(int, (Between(1, 1_024),))
QUEUE = Setting(int, (Between(0, 100_000),))
THREADS = Setting(int, (Between(1, 1_024),))
NAME = Setting(str, (MaxChars(253),))


def serve(
    author: Path | None = None,
    /,
    *,
    box: Box = False,
    as_: Label = None,
    host: Annotated[str | None, option(metavar="ADDRESS")] = None,
    port: Whole = None,
    token_file: Annotated[Path | None, NewFile] = None,
    allow_remote: bool = False,
    allowed_host: Texts = None,
    texts: Whole = None,
    queue: Whole = None,
    threads: Whole = None,
    metrics: bool = False,
    stories: Annotated[Path | None, NewFolder] = None,
    corpus: Annotated[Path | None, Existing, option(metavar="PATH")] = None,
) -> int:
    """Serve an author to a browser and to programs on this computer.

    Open the address that is shown at the start to write a story together with the author. The server also answers
    OpenAI's completions API at /v1/completions, for many clients at once. Nobody is answered without the token, which
    is part of that address. Ctrl-C ends the server.

    Args:
        author: An author file or the folder of a run. The default is the newest author under runs/, or the one in the
            box if there is none.
        as_: Write as a label or a mixture, as for `penwright write`, where a request names none.
        host: Address to listen on. Default 127.0.0.1, which only this computer reaches.
        port: Port to listen on, 0 for any that is free. Default 8321.
        token_file: File that holds the token. It is made if it does not exist. The variable PENWRIGHT_TOKEN may hold it
            instead; without both, a new token is drawn at each start.
        allow_remote: Listen on an address that other computers reach. Whoever has the token can use the server from
            there, and the connection is not encrypted.
        allowed_host: A name under which clients reach the server, beside localhost. Give it again for another.
        texts: Texts written side by side; others wait. Default 64.
        queue: Texts that may wait. More are refused with status 429. Default 256.
        threads: Threads that write. The default is one for each processor.
        metrics: Answer at /metrics in the format of Prometheus.
        stories: Folder in which stories are kept, made if it does not exist. Default stories.
        corpus: The author's books, as for `train`, or the folder of its run. The page then underlines copied runs.
    """
    settings = {"--port": (port, PORT), "--texts": (texts, TEXTS), "--queue": (queue, QUEUE)}
    settings["--threads"] = (threads, THREADS)
    for name, (value, setting) in settings.items():
        if value is not None:
            setting.check(name, value)
    address = DEFAULT_HOST if host is None else host
    _check_address(address, allows_remote=allow_remote)
    for each in allowed_host or ():
        _check_name(each)
    try:
        from penwright.serving.server import bind
        from penwright.serving.server import serve as run
        from penwright.serving.stories.folder import StoryFolder
        from penwright.serving.watching import RunWatch, run_near
        from penwright.serving.web.labels import Labels
        from penwright.serving.web.page import INDEX_NAME, page_files, page_routes
        from penwright.serving.web.stories import story_routes
    except ImportError as error:
        raise MissingExtraError("penwright serve", extra="serve") from error
    path = find_author(author, is_boxed=box, is_quiet=False)
    writer = load_to_write(path)
    labels = Labels(writer, default=as_)
    token, is_new = _token_of(token_file)
    shelf = None if corpus is None else opened_index(corpus_of([str(corpus)], is_quiet=False))
    run_folder = run_near(path)
    folder = StoryFolder(DEFAULT_STORIES if stories is None else stories)
    watch = None if run_folder is None else RunWatch(run_folder)
    listening = bind(address, DEFAULT_PORT if port is None else port)

    def tell(port: int) -> None:
        shown = f"[{address}]" if ":" in address else address
        say(f"Serving at http://{shown}:{port}/?token={token}" if is_new else f"Serving at http://{shown}:{port}/")
        say(
            "Open it in a browser to write with the author."
            if is_new
            else "Open it in a browser, with ?token= and your token behind the address."
        )
        say(f"API: http://{shown}:{port}/v1, with the token as the API key. Ctrl-C ends the server.")

    run(
        listening,
        writer.engine,
        writer.alphabet,
        model_name=model_name_of(path, writer.card.name),
        token=token,
        hosts=[*(allowed_host or ()), *([] if _is_everywhere(address) else [address])],
        allows_addresses=allow_remote,
        max_rows=DEFAULT_TEXTS if texts is None else texts,
        max_waiting=DEFAULT_QUEUE if queue is None else queue,
        num_threads=threads,
        labels=labels,
        has_metrics=metrics,
        routes=[*story_routes(folder), *page_routes(shelf=shelf, run=watch)],
        index=page_files()[INDEX_NAME],
        tell=tell,
    )
    return 0


def model_name_of(path: Path, name: str) -> str:
    """Return the name under which clients ask for an author: the one on its card, else that of its file or run."""
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "-" for sign in name or path.stem)
    return plain.strip("-.") or "author"


def _token_of(path: Path | None) -> tuple[str, bool]:
    """Return the token, and True if it was drawn just now and nobody knows it."""
    given = os.environ.get(TOKEN_VARIABLE)
    if path is None and not given:
        return secrets.token_urlsafe(32), True
    if path is None:
        assert given
        return _checked_token(given, TOKEN_VARIABLE), False
    if path.exists():
        mode = path.stat().st_mode
        if os.name == "posix" and stat.S_ISREG(mode) and mode & 0o077:
            raise PenwrightError(f"{path} can be read by others. Keep it to yourself: chmod 600 {path}")
        with path.open("rb") as file:
            data = file.read(MAX_TOKEN_CHARS + 2)
        return _checked_token(data.decode("ascii", "replace").strip(), str(path)), False
    token = secrets.token_urlsafe(32)
    with replacing(path) as new:
        if os.name == "posix":
            os.fchmod(new.fileno(), 0o600)
        new.write(f"{token}\n".encode())
    say(f"A new token is kept in {path}.")
    return token, True


def _checked_token(token: str, where: str) -> str:
    is_plain = token.isascii() and token.isprintable() and " " not in token
    if not is_plain or not MIN_TOKEN_CHARS <= len(token) <= MAX_TOKEN_CHARS:
        raise UsageError(
            f"the token of {where} must be {MIN_TOKEN_CHARS} to {MAX_TOKEN_CHARS:,} printable ASCII characters without "
            "blanks. Draw a new one, or leave it to penwright serve."
        )
    return token


def _check_address(address: str, *, allows_remote: bool) -> None:
    """Check that the server listens where the user means it to."""
    try:
        is_loopback = ipaddress.ip_address(address).is_loopback
    except ValueError:
        if address != "localhost":
            raise UsageError(f"--host={address!r:.60} is no address. Give one such as 127.0.0.1 or 0.0.0.0.") from None
        is_loopback = True
    if not is_loopback and not allows_remote:
        raise UsageError(
            f"--host={address}: other computers reach this address. Whoever has the token could use this server, "
            "unencrypted. Add --allow-remote if that is what you want."
        )


def _check_name(name: str) -> None:
    NAME.check("--allowed-host", name)
    if not name or not all(sign.isascii() and (sign.isalnum() or sign in "-._") for sign in name):
        raise UsageError(f"--allowed-host={name!r:.60} is no name of a computer. Give it without a port.")


def _is_everywhere(address: str) -> bool:
    return address in ("0.0.0.0", "::")
