"""The page's files: small modules that put text in as text alone, with nothing inline and nothing from elsewhere."""

import re
import tomllib
from hashlib import sha256

import pytest
from folders import ROOT

pytest.importorskip("starlette", reason="the server's packages are not installed: pip install 'penwright[serve]'")

from penwright.serving.web.page import INDEX_NAME, MEDIA_TYPES, VENDOR_FOLDER, page_files, page_routes

FILES = {name: data.decode() for name, data in page_files().items() if not name.startswith(VENDOR_FOLDER)}
VENDORED = {name: data for name, data in page_files().items() if name.startswith(VENDOR_FOLDER)}
MODULES = sorted(name for name in FILES if name.endswith(".js"))
MAX_LINES = 300
FORBIDDEN = (
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|srcdoc|DOMParser",
    r"\beval\(|new Function|setTimeout\(\s*[\"'`]|javascript:",
    r"https?://",
)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_small_and_puts_text_in_as_text(name: str) -> None:
    lines = FILES[name].splitlines()
    assert len(lines) <= MAX_LINES and lines[0].startswith("// ")
    for pattern in FORBIDDEN:
        assert not re.search(pattern, FILES[name]), pattern
    for imported in re.findall(r'(?:from |import\()"\./([^"]*)"', FILES[name]):
        assert imported in {*MODULES, *VENDORED}


def test_every_module_is_used_and_every_file_is_served() -> None:
    used = {each for text in FILES.values() for each in re.findall(r'from "\./([^"]*)"', text)}
    assert used | {"main.js"} == set(MODULES)
    served = {route.path.removeprefix("/page/") for route in page_routes() if route.path.startswith("/page/")}
    expected = {name for name in page_files() if name[name.rindex(".") :] in MEDIA_TYPES}
    assert served == expected and INDEX_NAME not in served


def test_what_others_wrote_is_as_it_came_is_named_and_brings_its_licence() -> None:
    notice = VENDORED.pop(f"{VENDOR_FOLDER}README.md").decode()
    rows = re.findall(r"^\| `(.*)` \| \[(\S+ \S+)\]\(.*\) \| MIT \| `(\w{64})` \|$", notice, re.MULTILINE)
    assert {f"{VENDOR_FOLDER}{name}": digest for name, _, digest in rows} == {
        name: sha256(data).hexdigest() for name, data in VENDORED.items()
    }
    for package in {package for _, package, _ in rows}:
        name, version = package.split()
        assert f"{name}.js" in (banner := VENDORED[f"{VENDOR_FOLDER}{name}.esm.js"][:300].decode())
        assert f"(v{version})" in banner
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        assert f"penwright/serving/page/{VENDOR_FOLDER}{name}.LICENSE" in project["license-files"]


def test_the_page_has_nothing_inline_and_every_element_that_is_asked_for() -> None:
    page = FILES[INDEX_NAME]
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]* src=)", page)
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    asked = {each for name in MODULES for each in re.findall(r'\bat\("([^"]*)"\)', FILES[name])}
    assert asked <= set(ids), asked - set(ids)
