"""The files of a data set on the Hugging Face hub: list them, and read one as a stream, without fetching all of it.

The hub's own client, an optional package, does the talking: it knows logins, mirrors, redirects and rate limits. This
module turns its errors into sentences.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import IO, Any, NamedTuple, cast

from penwright.corpus.fetching.web import version_of_this_program
from penwright.errors import FetchError, MissingExtraError, printable

EXTRA = "hub"
DATA_SUFFIXES = (".parquet", ".jsonl", ".jsonl.gz", ".json.gz")
"""Endings of files whose rows are read."""
BLOCK_BYTES = 8 << 20
NUM_BLOCKS = 4
"""Blocks of a file that are held at once."""


class HubFile(NamedTuple):
    """One file of a data set."""

    path: str
    num_bytes: int


class HubDataset(NamedTuple):
    """A data set at one commit."""

    name: str
    """Owner and name, as "emozilla/pg19"."""
    commit: str
    license: str
    """Licence that its card names; empty if it names none."""
    files: tuple[HubFile, ...]
    """Files with rows, sorted by path."""

    @property
    def num_bytes(self) -> int:
        """Size of all the files."""
        return sum(file.num_bytes for file in self.files)


class Hub:
    """The hub, or a mirror of it."""

    def __init__(self, *, endpoint: str | None = None) -> None:
        """Make a client.

        Args:
            endpoint: Address of the hub; None takes the client's own setting.

        Raises:
            MissingExtraError: If the client is not installed.
        """
        try:
            import huggingface_hub
            import pyarrow  # noqa: F401  # missing it, a long run would fail at its first file
        except ImportError as error:
            raise MissingExtraError("fetching data sets", extra=EXTRA) from error
        version = version_of_this_program()
        self._api: Any = huggingface_hub.HfApi(endpoint=endpoint, library_name="penwright", library_version=version)
        self._files: Any = huggingface_hub.HfFileSystem(endpoint=endpoint, skip_instance_cache=True)

    def dataset(self, name: str, *, pattern: str = "*") -> HubDataset:
        """Return a data set as it is now.

        Args:
            name: Owner and name.
            pattern: Pattern of the paths of files to take, such as "data/train-*".

        Raises:
            FetchError: If there is no such data set, it needs a login, no file fits, or the hub cannot be reached.
        """
        with _asking(name):
            info = self._api.dataset_info(name)
            commit = str(info.sha)
            tree = self._api.list_repo_tree(name, repo_type="dataset", revision=commit, recursive=True)
            everything = [HubFile(str(entry.path), int(entry.size)) for entry in tree if hasattr(entry, "size")]
        readable = [file for file in everything if file.path.lower().endswith(DATA_SUFFIXES)]
        chosen = sorted(file for file in readable if fnmatchcase(file.path, pattern))
        if not chosen:
            found = ", ".join(printable(file.path) for file in (readable or everything)[:5]) or "nothing"
            raise FetchError(
                f"{name} has no file that fits {pattern} and ends in one of {', '.join(DATA_SUFFIXES)}. It has {found}."
            )
        card = getattr(info, "card_data", None)
        licence = getattr(card, "license", None) if card is not None else None
        licence = ", ".join(map(str, licence)) if isinstance(licence, list | tuple) else str(licence or "")
        return HubDataset(name, commit, " ".join(licence.split())[:200], tuple(chosen))

    @contextmanager
    def open(self, dataset: HubDataset, file: HubFile) -> Iterator[IO[bytes]]:
        """Open a file that can seek. Only the parts that are read are fetched, in blocks.

        Raises:
            FetchError: If it cannot be read, also inside the block.
        """
        with (
            _asking(dataset.name),
            self._files.open(
                f"datasets/{dataset.name}@{dataset.commit}/{file.path}",
                "rb",
                block_size=BLOCK_BYTES,
                cache_type="blockcache",
                cache_options={"maxblocks": NUM_BLOCKS},
            ) as opened,
        ):
            yield cast(IO[bytes], opened)


@contextmanager
def _asking(name: str) -> Iterator[None]:
    """Turn the client's errors into one sentence."""
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        HTTPError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )

    try:
        yield
    except HFValidationError as error:
        raise FetchError(f"'{printable(name)}' is no name of a data set. Write it as owner/name.") from error
    except GatedRepoError as error:
        raise FetchError(
            f"{name} asks its readers to accept its terms. Accept them on its page at the hub, log in with "
            "`hf auth login`, and run again."
        ) from error
    except OfflineModeIsEnabled as error:
        raise FetchError("HF_HUB_OFFLINE is set, so nothing is asked of the hub. Unset it, and run again.") from error
    except HfHubHTTPError as error:
        status = getattr(error.response, "status_code", "unknown")
        if isinstance(error, RepositoryNotFoundError) or status == 404:
            raise FetchError(
                f"the hub has no data set {printable(name)}, or it is private. Check the name, or log in with "
                "`hf auth login`."
            ) from error
        raise FetchError(
            f"the hub answers with status {status} for {name}. Run the same command again later: what has been fetched "
            "stays."
        ) from error
    except (HTTPError, ConnectionError, FileNotFoundError) as error:
        reason = printable(str(error))[:200]
        raise FetchError(
            f"{name} could not be read from the hub ({reason}). Is this machine online? Run the same command again: "
            "what has been fetched stays."
        ) from error
