"""Keep a file of a server in a folder, and ask for it again only if it has changed there."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from penwright.corpus.fetching.downloading import KeptDownload, MissingError, TellBytes, tell_no_bytes
from penwright.corpus.fetching.web import Validators, Web
from penwright.errors import FetchError
from penwright.files import write_json

CHUNK_BYTES = 1 << 16
Convert = Callable[[Path, Path], object]


class CachedFile(NamedTuple):
    """A file that is there."""

    path: Path
    url: str
    """Address that it was fetched from."""
    validators: Validators
    """Version of the file."""
    warning: str
    """Sentence on why an old version is used; empty if it is the newest one."""


def fetch_cached(
    web: Web,
    urls: Sequence[str],
    *,
    path: Path,
    max_bytes: int,
    tell: TellBytes = tell_no_bytes,
    convert: Convert = Path.replace,
) -> CachedFile:
    """Fetch a file unless the version that is kept is still the newest one.

    Args:
        web: The client.
        urls: Addresses of the file, the best first. The next one is asked if a server does not have it.
        path: Where it is kept; what is known of it lies beside it, with .json behind its name.
        max_bytes: Largest size of the file.
        tell: Called with the bytes read and their number in all.
        convert: Makes the file to keep, its second argument, of the file that was fetched; by default it is the same.

    Returns:
        The file. If no server can be reached, the version that is kept, with a warning.

    Raises:
        FetchError: If it cannot be fetched and no version is kept.
        OSError: If it cannot be written.
    """
    about = path.with_name(path.name + ".json")
    kept = _kept(path, about)
    try:
        if kept is not None and kept.url in urls:
            with web.get(kept.url, unless=kept.validators) as reply:
                if reply.status == 304:
                    return kept
        return _fetch(web, urls, path=path, max_bytes=max_bytes, tell=tell, convert=convert)
    except FetchError as error:
        if kept is None:
            raise
        return kept._replace(warning=f"{error} The copy of {path.name} that is here is used.")


def _fetch(
    web: Web,
    urls: Sequence[str],
    *,
    path: Path,
    max_bytes: int,
    tell: TellBytes,
    convert: Convert,
) -> CachedFile:
    """Fetch a file from the first server that has it."""
    part = path.with_name(path.name + ".part")
    for place, url in enumerate(urls):
        try:
            download = KeptDownload(web, url, path=part, max_bytes=max_bytes, tell=tell)
        except MissingError:
            if place == len(urls) - 1:
                raise
            continue
        try:
            while download.read(CHUNK_BYTES):
                pass
        finally:
            download.close()
        convert(part, path)
        for left in (part, part.with_name(part.name + ".json")):
            with suppress(OSError):
                left.unlink()
        found = CachedFile(path, url, download.validators, "")
        write_json(path.with_name(path.name + ".json"), {"url": url, **found.validators._asdict()})
        return found
    raise AssertionError("at least one address")


def _kept(path: Path, about: Path) -> CachedFile | None:
    try:
        facts = json.loads(about.read_bytes())
        validators = Validators(str(facts["etag"]), str(facts["modified"]))
        return CachedFile(path, str(facts["url"]), validators, "") if path.is_file() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
