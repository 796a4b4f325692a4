"""The README and the pages: short sentences, short cells, links and paths that lead somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from folders import ROOT
from package import PACKAGE

from penwright import CorpusConfig, ModelConfig, TrainConfig
from penwright.settings import settings_of

MAX_WORDS = 35
MAX_CELL_CHARS = 120
MADE_BY_THE_PROGRAM = {"cli.md"}
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.name not in MADE_BY_THE_PROGRAM),
    ROOT / "lessons" / "README.md",
    *sorted((ROOT / "lessons").glob("[0-9]*.py")),
]

MAP = re.compile(r"<!-- (map|floors) -->.*?<!-- end of \1 -->", re.DOTALL)
FENCE = re.compile(r"^(```).*?^```", re.DOTALL | re.MULTILINE)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
CODE = re.compile(r"`[^`]+`")
LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
SOURCE = re.compile(r'<img src="([^"]+)"')
RULER = re.compile(r"^\|[\s:|-]+\|$")
LIST_ITEM = re.compile(r"^\s*(?:[-*]|\d+\.)\s+")
END_OF_SENTENCE = re.compile(r"(?<=[.?!])[*\"”)]*\s+(?=\S)")
PATH = re.compile(r"`([\w/.-]+/[\w.-]+\.(?:py|md|toml|jsonl?|svg)|[\w.-]+\.py)`")
SETTING = re.compile(r"(?:--set |`)(corpus|model|train)\.(?!json)([a-z_]+)(?=[=`])")
SETTINGS = {"corpus": CorpusConfig, "model": ModelConfig, "train": TrainConfig}


CELL = re.compile(r"^# %% \[markdown\]\n((?:#.*\n)*)", re.MULTILINE)


def text_of(page: Path) -> str:
    """Return the Markdown of a page, or of a lesson, which is a script."""
    text = page.read_text(encoding="utf-8")
    if page.suffix != ".py":
        return text
    return "\n".join(re.sub(r"^# ?", "", cell, flags=re.MULTILINE) for cell in CELL.findall(text))


def prose_of(text: str) -> str:
    """Return a page without what is generated, shown or hidden: the map of modules, code blocks, comments."""
    for hidden in (MAP, FENCE, COMMENT):
        text = hidden.sub("", text)
    return text


def cells_of(text: str) -> Iterator[str]:
    """Yield the cells of every table as a reader sees them: without marks, and without the addresses of links."""
    for line in prose_of(text).splitlines():
        if line.startswith("|") and not RULER.match(line):
            visible = LINK.sub(r"\1", line).replace("`", "").replace("**", "")
            yield from (cell.strip() for cell in re.split(r"(?<!\\)\|", visible)[1:-1])


def sentences_of(text: str) -> Iterator[str]:
    """Yield every sentence: of paragraphs, items of lists and cells, but not of quotations. A code span is one word."""
    text = CODE.sub("code", LINK.sub(r"\1", prose_of(text)))
    paragraph: list[str] = []
    for line in [*text.splitlines(), ""]:
        ends = not line.strip() or line.startswith(("|", ">", "#")) or LIST_ITEM.match(line)
        if ends and paragraph:
            yield from END_OF_SENTENCE.split(" ".join(paragraph))
            paragraph = []
        if line.startswith("|"):
            for cell in line.split("|"):
                yield from END_OF_SENTENCE.split(cell)
        elif line.strip() and not line.startswith((">", "#")):
            paragraph.append(LIST_ITEM.sub("", line).strip())


def long_sentences(text: str) -> list[str]:
    """Return the sentences with more than MAX_WORDS words."""
    return [sentence for sentence in sentences_of(text) if len(re.findall(r"\w[\w'’.,%-]*", sentence)) > MAX_WORDS]


def long_cells(text: str) -> list[str]:
    """Return the cells with more than MAX_CELL_CHARS characters."""
    return [cell for cell in cells_of(text) if len(cell) > MAX_CELL_CHARS]


def dead_links(text: str, *, folder: Path) -> list[str]:
    """Return the relative links of a page in `folder` that lead to nothing."""
    text = FENCE.sub("", text)
    targets = [
        target.partition("#")[0] for target in [*(target for _, target in LINK.findall(text)), *SOURCE.findall(text)]
    ]
    return [each for each in targets if each and "://" not in each and not (folder / source_of(each)).exists()]


def source_of(target: str) -> str:
    """Return what a link's page is made of: lessons, reference and results are made when the site is built."""
    target = re.sub(r"^lessons/(\d\d_\w+)\.(?:md|ipynb)$", r"../lessons/\1.py", target)
    target = re.sub(r"^api/\w+\.md$", "make_api_pages.py", target)
    target = re.sub(r"^results/index\.md$", "../benchmarks/results/README.md", target)
    return re.sub(r"^results/", "../benchmarks/results/", target)


def dead_paths(text: str) -> list[str]:
    """Return the paths in code spans that are neither in the repository nor in the package."""
    modules = {path.name for path in PACKAGE.rglob("*.py")} | {path.name for path in ROOT.glob("*/*.py")}
    return [
        each
        for each in PATH.findall(prose_of(text))
        if not ((ROOT / each).exists() or (PACKAGE / each).exists() or ("/" not in each and each in modules))
    ]


def unknown_settings(text: str) -> list[str]:
    """Return the settings that a page names, in code spans or after `--set`, and that there are not."""
    named = SETTING.findall(text)
    return [f"{section}.{name}" for section, name in named if name not in settings_of(SETTINGS[section])]


def page_ids(path: Path) -> str:
    """Return the name by which a page's test is known."""
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=page_ids)
def test_no_sentence_is_too_long(page: Path) -> None:
    assert not long_sentences(text_of(page)), f"at most {MAX_WORDS} words a sentence"


@pytest.mark.parametrize("page", PAGES, ids=page_ids)
def test_no_cell_of_a_table_is_too_long(page: Path) -> None:
    assert not long_cells(text_of(page)), f"at most {MAX_CELL_CHARS} characters a cell"


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md", ROOT / "docs" / "cli.md"], ids=page_ids)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    """Within the site, for a page of the documentation: the site holds nothing else of the repository."""
    text = text_of(page)
    assert not dead_links(text, folder=page.parent)
    assert page.parent == ROOT or "](../" not in text


@pytest.mark.parametrize("page", PAGES, ids=page_ids)
def test_every_path_that_is_named_exists(page: Path) -> None:
    assert not dead_paths(text_of(page))


@pytest.mark.parametrize("page", PAGES, ids=page_ids)
def test_every_setting_that_is_named_exists(page: Path) -> None:
    assert not unknown_settings(text_of(page))


def test_the_readme_stays_within_a_screen() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


LONG = " ".join(["word"] * (MAX_WORDS + 1))


@pytest.mark.parametrize("text", [f"{LONG}.", f"- {LONG}", f"Short.\n{LONG}", f"| a | {LONG} |", f"[{LONG}](x.md)"])
def test_a_long_sentence_is_seen(text: str) -> None:
    assert len(long_sentences(text)) == 1


@pytest.mark.parametrize("text", [f"> {LONG}", f"```\n{LONG}\n```", f"<!-- map -->\n{LONG}\n<!-- end of map -->"])
def test_what_is_quoted_shown_or_generated_may_be_long(text: str) -> None:
    assert not long_sentences(text) and not long_cells(text)


def test_a_long_cell_is_seen_without_the_address_of_its_link() -> None:
    assert long_cells(f"| a | {'x' * (MAX_CELL_CHARS + 1)} |")
    assert not long_cells(f"| a | [b](https://example.org/{'x' * MAX_CELL_CHARS}) |")


def test_dead_links_and_paths_are_seen() -> None:
    text = "[a](docs/nowhere.md), [b](README.md#begin), [c](https://example.org), ![d](no.png), "
    text += '<img src="no.webp">, `model/nothing.py`, `errors.py`'
    assert dead_links(text, folder=ROOT) == ["docs/nowhere.md", "no.png", "no.webp"]
    assert dead_paths(text) == ["model/nothing.py"]


def test_unknown_settings_are_seen() -> None:
    text = "`--set model.dropout=0.2`, `train.speed`, `model.width=3`, `corpus.json`"
    assert unknown_settings(text) == ["train.speed", "model.width"]
