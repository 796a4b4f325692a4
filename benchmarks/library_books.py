"""The files of a simulated library, for benchmarks/library.py: sizes, damage, editions, copies, and the truth on them.

Each file is a pure function of the library's seed, its size and the file's number, so that any process can make it, and
make it again. Shares and forms follow Project Gutenberg's files: see `CODECS`, `NEWLINES`, `LAYOUTS` and `LICENCES`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from library_text import CODEC, NUM_GROUPS, Bytes, Group, grow_text, read_group, worn, wrapped

FULL_SIZE = 34_000
MEDIAN_CHARS, SPREAD = 300_000, 0.7
"""Lengths are log-normal: 383,000 characters on average, 34,000 files of 13 GB."""
MIN_CHARS, MAX_CHARS = 20_000, 4_000_000
BOOKS_PER_WRITER = 4.5
FOLDER_FILES = 1_000
MISPRINTS = (200, 6_000)
"""Bounds of the letters that an edition has wrong, per million: from a clean one to six in a page of a thousand."""

CODECS = {"utf-8-sig": 0.2, "utf-8": 0.45, "cp1252": 0.16, "ascii": 0.18, "utf-16": 0.01}
NEWLINES = {"\r\n": 0.75, "\n": 0.24, "\r\r\n": 0.01}
LAYOUTS = {"72": 0.5, "65": 0.15, "indented": 0.05, "lines": 0.3}
LICENCES = {"modern": 0.6, "1990s": 0.15, "2003": 0.15, "none": 0.1}
KINDS = {"edition": 0.06, "volumes": 0.01, "collected": 0.004, "copy": 0.01, "excerpt": 0.004}
"""Files beside the works themselves, as a share of all files; of a work in three volumes there are three."""

_FIRST = (
    "Ada Agnes Albert Alice Amelia Anne Arthur Benjamin Bertha Caroline Charles Charlotte Clara Daniel Dinah "
    "Edith Edward Eleanor Eliza Ellen Emily Ernest Fanny Frances Frank Frederick George Grace Hannah Harriet "
    "Helen Henry Herbert Hugh Isabella James Jane Jessie John Joseph Julia Kate Laura Lewis Louisa Lucy Margaret "
    "Maria Mary Matilda Maud Oliver Percy Philip Rachel Robert Rosa Samuel Sarah Sophia Stephen Susan Thomas "
    "Walter William"
).split()
_HEADS = (
    "Ash Bar Black Brad Car Chat Clif Crom Dal Dun East Fair Far Gil Hal Har Hat Hol Kirk Lang Mar Nor Pem Red"
).split()
_TAILS = (
    "ber bourne by combe den don field ford gate ham hurst ington ley low mere ner ridge sett stone ton well wood worth"
).split()
_NOUNS = (
    "Abbey Anchor Apple Bride Castle Chance Crown Daughter Dream Duke Exile Farm Fortune Garden Ghost Harbour "
    "Heart House Island Lamp Manor Marsh Mill Orchard Parson Promise River Road Rose Secret Shadow Ship Sister "
    "Squire Storm Stranger Tower Valley Vicar Voyage Widow Window Winter Woods"
).split()
_FLAT = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "—": "--", "–": "-", "…": "...", "œ": "oe", "Œ": "OE"})


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file shall be."""

    number: int
    """Its number, from 1."""
    kind: str
    """"work" or a key of `KINDS`."""
    works: tuple[int, ...]
    """Numbers of the works that it holds, in whole or in part."""
    first: float = 0.0
    """Share of the work at which it begins."""
    last: float = 1.0
    """Share of the work at which it ends."""

    @property
    def path(self) -> str:
        """Its path in the library."""
        return f"{self.number // FOLDER_FILES:02d}/pg{self.number}.txt"


def plans_of(num_files: int, *, seed: int) -> list[Plan]:
    """Return the plans of all files; of the works first, then of what repeats them, each kind at least once."""
    random = np.random.Generator(np.random.PCG64([seed, 1]))
    counts = {kind: max(1, round(share * num_files)) for kind, share in KINDS.items()}
    num_works = num_files - sum(counts.values()) - 2 * counts["volumes"]
    if num_works < 12:
        raise SystemExit(f"a library of {num_files} files is too small to hold every kind. Give a larger --scale.")
    plans = [Plan(number, "work", (number,)) for number in range(1, num_works + 1)]

    def add(kind: str, works: Sequence[int], first: float = 0.0, last: float = 1.0) -> None:
        plans.append(Plan(len(plans) + 1, kind, tuple(works), first, last))

    for kind, count in counts.items():
        for _ in range(count):
            first_work = int(random.integers(1, num_works + 1))
            step = num_groups(num_files)  # works of one group of novels, which a process lays out once
            works = [1 + (first_work - 1 + step * index) % (num_works // step * step) for index in range(4)]
            if kind == "volumes":
                for volume in range(3):
                    add("volumes", works[:1], volume / 3, (volume + 1) / 3)
            elif kind == "excerpt":
                first = float(random.uniform(0, 0.75))
                add(kind, works[:1], first, first + 0.25)
            else:
                add(kind, works if kind == "collected" else works[:1])
    return plans


def num_groups(num_files: int) -> int:
    """Return the number of groups of novels that a library is grown from."""
    return min(NUM_GROUPS, max(2, num_files // 60))


def relations(plans: Sequence[Plan], sizes: Mapping[int, int]) -> dict[tuple[int, int], float]:
    """Return the share of the smaller file that is found in the larger one, for each pair that has text in common.

    Args:
        plans: The plans.
        sizes: Length of each work, by its number.
    """
    holders: dict[int, list[Plan]] = {}
    for plan in plans:
        for work in plan.works:
            holders.setdefault(work, []).append(plan)
    lengths = {plan.number: sum(sizes[work] for work in plan.works) * (plan.last - plan.first) for plan in plans}
    shared: dict[tuple[int, int], float] = {}
    for work, owners in holders.items():
        for index, one in enumerate(owners):
            for other in owners[index + 1 :]:
                common = max(0.0, min(one.last, other.last) - max(one.first, other.first)) * sizes[work]
                if common > 1:
                    key = (one.number, other.number)
                    shared[key] = shared.get(key, 0.0) + common
    return {pair: common / min(lengths[pair[0]], lengths[pair[1]]) for pair, common in shared.items()}


def size_of(work: int, *, seed: int) -> int:
    """Return the length of a work in characters."""
    drawn = MEDIAN_CHARS * np.exp(SPREAD * np.random.Generator(np.random.PCG64([seed, 2, work])).standard_normal())
    return int(min(max(drawn, MIN_CHARS), MAX_CHARS))


@lru_cache(maxsize=2)
def _group(novels: Path, group: int) -> Group:
    return read_group(novels, group)


def text_of(plan: Plan, novels: Path, *, seed: int, num_files: int) -> Bytes:
    """Return the text of a file before it is damaged, with the misprints of its own edition."""
    parts = []
    for work in plan.works:
        group = _group(novels, work % num_groups(num_files))
        text = grow_text(group, seed=seed * FULL_SIZE + work, num_chars=size_of(work, seed=seed))
        parts.append(text[_paragraph(text, plan.first) : _paragraph(text, plan.last)])
    whole = np.concatenate(parts)
    if plan.kind in ("work", "copy"):
        return whole
    random = np.random.Generator(np.random.PCG64([seed, 6, plan.number]))
    return worn(whole, np.uint64(2 * plan.number + 1), round(float(np.exp(random.uniform(*np.log(MISPRINTS))))))


def _paragraph(text: Bytes, share: float) -> int:
    """Return the beginning of a paragraph near a share of a text."""
    near = int(share * len(text))
    if near in (0, len(text)):
        return near
    found = np.flatnonzero(text[near : near + 20_000] == 10)
    return near + int(found[0]) if len(found) else near


@dataclass(frozen=True, slots=True)
class Form:
    """How a file was saved."""

    codec: str
    newline: str
    layout: str
    licence: str
    title: str
    writer: str


def form_of(plan: Plan, *, seed: int, num_files: int) -> Form:
    """Return how a file was saved. A copy is saved like the work; other editions in their own way."""
    shown = plan.works[0] if plan.kind == "copy" else plan.number
    random = np.random.Generator(np.random.PCG64([seed, 3, shown]))

    def one_of(shares: Mapping[str, float]) -> str:
        return str(random.choice(list(shares), p=np.array(list(shares.values())) / sum(shares.values())))

    writer = int(plan.works[0] * 2_654_435_761 % max(3, round(num_files / BOOKS_PER_WRITER)))
    names = np.random.Generator(np.random.PCG64([seed, 4, writer]))
    middle = "ABCDEFGHJLMNPRSTW"[names.integers(17)]
    surname = _HEADS[names.integers(len(_HEADS))] + _TAILS[names.integers(len(_TAILS))]
    words = np.random.Generator(np.random.PCG64([seed, 5, plan.works[0]]))
    nouns = [_NOUNS[index] for index in words.permutation(len(_NOUNS))[:2]]
    place = _HEADS[words.integers(len(_HEADS))] + _TAILS[words.integers(len(_TAILS))]
    title = f"The {nouns[0]} and the {nouns[1]} of {place}"
    if plan.kind == "volumes":
        title += f", Vol. {1 + round(3 * plan.first)}"
    if plan.kind == "collected":
        title = f"Works of {place}, Complete"
    return Form(
        one_of(CODECS),
        one_of(NEWLINES),
        one_of(LAYOUTS),
        one_of(LICENCES),
        title,
        f"{_FIRST[names.integers(len(_FIRST))]} {middle}. {surname}",
    )


def saved(text: Bytes, form: Form, number: int) -> bytes:
    """Return the bytes of a file: wrapped, with licence, in its encoding and with its line ends."""
    if form.layout != "lines":
        text = wrapped(text, 65 if form.layout == "65" else 72)
    body = text.tobytes().decode(CODEC)
    if form.layout == "indented":
        body = "    " + body.replace("\n\n", "\n    ")
    whole = "".join(_with_licence(body, form, number))
    if form.codec == "ascii":
        whole = whole.translate(_FLAT)
    return whole.replace("\n", form.newline).encode(form.codec, "replace")


def _with_licence(body: str, form: Form, number: int) -> tuple[str, str, str]:
    name, credit = form.title, f"\n\n\nProduced by {form.writer[0]}. Reader and the Distributed Proofreaders\n\n\n\n"
    about = (
        f"Title: {name}\n\nAuthor: {form.writer}\n\nRelease Date: May, 2004 [EBook #{number}]\n\nLanguage: English\n\n"
    )
    if form.licence == "none":
        return f"{name}\n\nby {form.writer}\n\n\n", body, ""
    if form.licence == "modern":
        return (
            f"The Project Gutenberg EBook of {name}, by {form.writer}\n\n{_PERMISSION}\n\n{about}"
            f"*** START OF THIS PROJECT GUTENBERG EBOOK {name.upper()} ***\n{credit}",
            body,
            f"\n\nEnd of the Project Gutenberg EBook of {name}, by {form.writer}\n\n"
            f"*** END OF THIS PROJECT GUTENBERG EBOOK {name.upper()} ***\n\n{_licence()}",
        )
    small = f"***START**THE SMALL PRINT!**FOR PUBLIC DOMAIN ETEXTS**START***\n{_clauses()[:9_000]}\n"
    small_end = "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n"
    if form.licence == "1990s":
        return (
            f"Project Gutenberg Etext of {name}, by {form.writer}\n\n{small}{small_end}\n\n",
            body,
            f"\n\nEnd of the Project Gutenberg Etext of {name}\n",
        )
    return (
        f"The Project Gutenberg EBook of {name}, by {form.writer}\n\n{_PERMISSION}\n\n{about}"
        f"*** START OF THE PROJECT GUTENBERG EBOOK, {name.upper()} ***\n{credit}",
        body,
        f"\n\n*** END OF THE PROJECT GUTENBERG EBOOK, {name.upper()} ***\n\n{small}{small_end}",
    )


_PERMISSION = (
    "This eBook is for the use of anyone anywhere at no cost and with\nalmost no restrictions whatsoever.  You may "
    "copy it, give it away or\nre-use it under the terms of the Project Gutenberg License included\nwith this eBook\n"
)


@lru_cache(maxsize=1)
def _clauses() -> str:
    """Return clauses of the length and the layout of the licence's."""
    clause = (
        "  You may use this eBook for nearly any purpose such as creation of\nderivative works, reports, performances "
        "and research.  They may be\nmodified and printed and given away.  Redistribution is subject to the\n"
        "trademark license, especially commercial redistribution.\n\n"
    )
    return "".join(f"1.{section}.{clause}" for section in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" * 3)[:18_500] + "\n"


def _licence() -> str:
    return f"*** START: FULL LICENSE ***\n\nTHE FULL PROJECT GUTENBERG LICENSE\n\n{_clauses()}"


class FileJob(NamedTuple):
    """A file to be made."""

    plan: Plan
    novels: Path
    folder: Path
    """Folder of the books; what is true of each is kept beside it, in a folder "truth"."""
    seed: int
    num_files: int
    """Files of the whole library."""


def make_file(job: FileJob) -> dict[str, Any]:
    """Make one file, whole or not at all, unless it is there; return what is true of it."""
    plan, novels, folder, seed, num_files = job
    target = folder / plan.path
    truth = folder.parent / "truth" / f"{plan.number}.json"
    if target.exists() and truth.exists():
        return dict(json.loads(truth.read_text(encoding="utf-8")))
    form = form_of(plan, seed=seed, num_files=num_files)
    text = text_of(plan, novels, seed=seed, num_files=num_files)
    data = saved(text, form, plan.works[0] if plan.kind == "copy" else plan.number)
    body = text.tobytes().decode(CODEC)
    row = {
        "path": plan.path,
        **asdict(plan),
        **asdict(form),
        "sizes": {work: size_of(work, seed=seed) for work in plan.works},
        "num_bytes": len(data),
        "num_ink": len("".join((body.translate(_FLAT) if form.codec == "ascii" else body).split())),
    }
    for folder in (target.parent, truth.parent):
        folder.mkdir(parents=True, exist_ok=True)
    truth.write_text(json.dumps(row), encoding="utf-8")
    aside = target.with_suffix(".tmp")
    aside.write_bytes(data)
    aside.rename(target)
    return row
