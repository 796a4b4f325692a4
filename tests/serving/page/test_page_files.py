"""The page's files: small modules that put text in as text alone, with nothing inline and nothing from elsewhere."""

import re

import pytest

pytest.importorskip("starlette", reason="the server's packages are not installed: pip install 'penwright[serve]'")

from penwright.serving.web.page import INDEX_NAME, MEDIA_TYPES, page_files, page_routes

FILES = {name: data.decode() for name, data in page_files().items()}
MODULES = sorted(name for name in FILES if name.endswith(".js"))
MAX_LINES = 300
FORBIDDEN = (
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|srcdoc|DOMParser",
    r"\beval\(|new Function|setTimeout\(\s*[\"'`]|javascript:",
    r"https?://(?!www\.w3\.org/2000/svg)",
)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_small_and_puts_text_in_as_text(name: str) -> None:
    lines = FILES[name].splitlines()
    assert len(lines) <= MAX_LINES and lines[0].startswith("// ")
    for pattern in FORBIDDEN:
        assert not re.search(pattern, FILES[name]), pattern
    for imported in re.findall(r'from "([^"]*)"', FILES[name]):
        assert imported.removeprefix("./") in MODULES


def test_every_module_is_used_and_every_file_is_served() -> None:
    used = {each for text in FILES.values() for each in re.findall(r'from "\./([^"]*)"', text)}
    assert used | {"main.js"} == set(MODULES)
    served = {route.path.removeprefix("/page/") for route in page_routes() if route.path.startswith("/page/")}
    assert served == {name for name in FILES if name[name.rindex(".") :] in MEDIA_TYPES} and INDEX_NAME not in served


def test_the_page_has_nothing_inline_and_every_element_that_is_asked_for() -> None:
    page = FILES[INDEX_NAME]
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]* src=)", page)
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    asked = {each for name in MODULES for each in re.findall(r'\bat\("([^"]*)"\)', FILES[name])}
    assert asked <= set(ids), asked - set(ids)
