"""Check a site that was built: each link, image and script within it leads to a file, and each fragment to a place.

    python docs/check_site.py site

Links to other sites are not followed. The exit code is 1 if something is missing.
"""

import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ATTRIBUTES = {"a": "href", "img": "src", "script": "src", "link": "href", "source": "src", "iframe": "src"}


class _Page(HTMLParser):
    """What a page refers to, and the names of its places."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.places = {"", "top"}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of a tag."""
        values = dict(attrs)
        self.places |= {value for value in (values.get("id"), values.get("name")) if value}
        if target := values.get(ATTRIBUTES.get(tag, "")):
            self.targets.append(target)


@cache
def page_at(path: Path) -> _Page:
    """Return what a file of HTML refers to."""
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def faults(site: Path) -> Iterator[str]:
    """Yield a line for each reference that leads nowhere."""
    for path in sorted(site.rglob("*.html")):
        name = path.relative_to(site).as_posix()
        for target in page_at(path).targets:
            parts = urlsplit(target)
            # The page for addresses that do not exist is shown anywhere, so its links begin at the root.
            if parts.scheme or parts.netloc or parts.path.startswith("/"):
                continue
            file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if file.is_dir():
                file /= "index.html"
            if not file.is_file():
                yield f"{name}: {target} is not there"
            elif file.suffix == ".html" and unquote(parts.fragment) not in page_at(file).places:
                yield f"{name}: {target} names a place that is not there"


def main() -> int:
    """Print the faults of a site, and return the exit code."""
    site = Path(sys.argv[1] if len(sys.argv) > 1 else "site").resolve()
    if not site.is_dir():
        print(f"{site} is not there. Build it first: make docs", file=sys.stderr)
        return 1
    found = list(faults(site))
    for each in found:
        print(each, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
