"""The documentation as a site: the Python reference is whole, and what leads nowhere is found."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from folders import ROOT

import penwright
from penwright.writing.options import WriteOptions


def script(name: str) -> ModuleType:
    """Return a script of docs/ as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """The pages of the Python reference."""
    made: dict[str, str] = script("make_api_pages").pages()
    return made


def headings_of(page: str) -> set[str]:
    """Return the names that a page has entries for."""
    return set(re.findall(r"^##+ `([\w.]+)`$", page, re.MULTILINE))


def test_every_public_name_and_every_error_has_one_entry(pages: dict[str, str]) -> None:
    entries = [name for page in pages.values() for name in headings_of(page)]
    assert len(entries) == len(set(entries))
    missing = set(penwright.__all__) - {"__version__"} - set(entries)
    assert not missing, "add them to PAGES in docs/make_api_pages.py"
    assert {"MissingExtraError", "Author.load", "Author.suggest", "Bookmark.save", "Corpus.open"} <= set(entries)


def test_an_entry_tells_types_defaults_rules_and_meanings(pages: dict[str, str]) -> None:
    settings, authors = pages["settings.md"], pages["authors.md"]
    assert (
        "- `batch_size: int = 16`: Number of lanes of text read in parallel. A whole number from 1 to 65,536.\n"
        in settings
    )
    assert "Author.load(path: str | Path, *, device: str | torch.device = 'cpu') -> Author\n" in authors
    stream = authors.partition("### `Author.stream`")[2].partition("\n#")[0]
    assert all(f"- `{name}`: " in stream for name in WriteOptions.__annotations__)
    assert "[`AuthorError`](errors.md#authorerror)" in authors


def test_every_link_of_the_reference_leads_to_a_heading(pages: dict[str, str]) -> None:
    found = [(name, *each) for name, page in pages.items() for each in re.findall(r"\]\(([\w.]*)#([\w-]+)\)", page)]
    assert len(found) > 100
    for name, file, anchor in found:
        anchors = {heading.replace(".", "").lower() for heading in headings_of(pages[file or name])}
        assert anchor in anchors, f"{name}: {file}#{anchor}"


def test_a_reference_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "index.html").write_text('<h2 id="place">x</h2><a href="#place">', encoding="utf-8")
    (tmp_path / "figure.svg").touch()
    good = '<a href="a/#place"><a href="a"><img src="figure.svg"><a href="https://example.org/no"><a href="#top">'
    (tmp_path / "index.html").write_text(good, encoding="utf-8")
    faults = script("check_site").faults
    assert not list(faults(tmp_path))
    bad = '<a href="a/#other"><a href="b/"><img src="no.svg"><script src="no.js"></script><a href="#here">'
    (tmp_path / "bad.html").write_text(good + bad, encoding="utf-8")
    assert [fault.split()[1] for fault in faults(tmp_path)] == ["a/#other", "b/", "no.svg", "no.js", "#here"]
