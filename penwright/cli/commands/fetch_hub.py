"""`penwright fetch hub`: the books of a data set on the Hugging Face hub, in a folder of the user's."""

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

from penwright.cli.commands.fetch_gutenberg import MAX_LIMIT, MAX_UNASKED, activity_of, megabytes, saying_what_stays
from penwright.cli.display.clock import working
from penwright.cli.options import SELECTION, Json, Whole, option
from penwright.cli.output import is_terminal, print_json, say
from penwright.cli.prompts import is_agreed
from penwright.errors import UsageError, counted, quoted


def hub(
    dataset: Annotated[str, option(metavar="DATASET")],
    folder: Annotated[Path, option(metavar="DIR")],
    /,
    *,
    files: Annotated[str, option(group=SELECTION, metavar="PATTERN")] = "*",
    language: Annotated[str | None, option(group=SELECTION, metavar="CODE")] = None,
    limit: Annotated[Whole, option(group=SELECTION)] = None,
    yes: bool = False,
    as_json: Json = False,
) -> int:
    """Fetch the books of a data set on the Hugging Face hub into a folder.

    Each row with a text becomes a file, and fetched.csv records its title, writer, language and rights, as far as the
    data set tells. Files in Parquet and in JSON lines are read as streams: with a limit, only their beginning is
    fetched. A run that was stopped goes on when the same command is given again. This needs the extra `hub`.

    Args:
        dataset: Owner and name of the data set, such as emozilla/pg19.
        folder: Folder for the books. It is made if it does not exist.
        files: Pattern of the files to read, such as "data/train-*".
        language: Code of a language, such as en. Rows that name another one are passed over.
        limit: The largest number of books of this data set in the folder.
        yes: Fetch more than 100 books without a question.
    """
    from penwright.corpus.fetching.hub import Hub
    from penwright.corpus.fetching.hub_books import fetch_dataset

    if folder.is_file():
        raise UsageError(f"{folder} is a file. Give the name of a folder for the books.")
    if limit is not None and not 1 <= limit <= MAX_LIMIT:
        raise UsageError(f"--limit {limit} must be from 1 to {MAX_LIMIT:,}.")
    is_shown = not as_json and is_terminal(sys.stderr)
    with working("asking the hub", is_shown=is_shown):
        client = Hub()
        found = client.dataset(dataset, pattern=files)
    if not as_json:
        rights = f" Its card names the licence {found.license}." if found.license else " Its card names no licence."
        say(f"{dataset}: {counted(len(found.files), 'file')}, {megabytes(found.num_bytes)}.{rights}")
    if (limit is None or limit > MAX_UNASKED) and not yes:
        amount = "all its books" if limit is None else f"up to {limit:,} of its books"
        question = f"Fetch {amount} into {folder}?"
        if not is_agreed(question, otherwise="Give --yes to fetch them without a question, or --limit N for fewer."):
            say("Nothing was fetched.")
            return 0
    with saying_what_stays(), working("fetching books", is_shown=is_shown) as tell:
        intake = fetch_dataset(
            client,
            found,
            folder,
            today=f"{date.today()}",
            language=language,
            limit=limit,
            tell=lambda step: tell(activity_of(step)),
        )
    if as_json:
        facts = {"path": str(folder), "dataset": found.name, "commit": found.commit, "license": found.license}
        print_json({**facts, "num_fetched": intake.num_fetched, "num_present": intake.num_unchanged})
        return 0
    say(
        f"Fetched {counted(intake.num_fetched, 'book')}; {intake.num_unchanged:,} were here. Where they come from: "
        f"{folder / 'fetched.csv'}. Look at them: penwright inspect {quoted(folder)}"
    )
    print(folder)
    return 0
