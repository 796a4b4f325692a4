"""Make a page harmless for an HTML5 parser before it is parsed: nothing swallowed, nothing that costs a square.

A browser's rules let one tag that nobody closed take the rest of a page with it, and let some pages cost the square of
their length. This module changes tags only, never text.
"""

import re

MAX_DEPTH = 1_000
"""Elements inside one another that are kept; browsers stop at 512."""
MAX_OPEN_FORMATTING = 16
"""Open formatting elements that are left to the parser, which opens each of them again in every paragraph."""
MAX_TAG_CHARS = 8_000
"""Longest tag whose attributes are kept: the parser compares each of them with all before it."""
_FORMATTING_NAMES = "a b big code em font i nobr s small strike strong tt u".split()
_FORMATTING = re.compile(rf"<(/?)({'|'.join(_FORMATTING_NAMES)})(?=[\s/>])", re.IGNORECASE)
_INLINE_ENDS = frozenset(
    f"/{name}" for name in [*_FORMATTING_NAMES, *"span sup sub abbr acronym cite q ins del ruby".split()]
)
_RAW_TEXT = ("script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "plaintext")
_RAW_TEXT_TAGS = frozenset({*_RAW_TEXT, *(f"/{name}" for name in _RAW_TEXT)})
_EMPTY = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)\b)([A-Za-z][\w:-]*)"
    r"([^<>]*)/>"
)
_NAME = re.compile(r"<(/?[A-Za-z][^\s/<>]*)")
_TAG = re.compile(r"<(/?[A-Za-z][^\s/<>]*)[^<>]*>?")
_LONG_TAG = re.compile(rf"<(/?[A-Za-z][^\s/<>]{{0,40}})[^<>]{{{MAX_TAG_CHARS},}}>")
# Elements without an end tag of their own, or whose end tag may be missing: they do not make a page deeper.
_NOT_DEEPER = frozenset(
    """
    area base br col embed hr img input link meta param source track wbr html head body p li dt dd tr td th thead tbody
    tfoot colgroup option optgroup rt rp /html /head /body /p /li /dt /dd /tr /td /th /thead /tbody /tfoot /colgroup
    /option /optgroup /rt /rp
    """.split()
)
_SEARCHED = 8  # elements up the stack that are searched for the one an end tag closes


def repaired(markup: str) -> str:
    """Return a page that an HTML5 parser reads whole, in time that grows with its length.

    Args:
        markup: The page.
    """
    if "/>" in markup:
        markup = _EMPTY.sub(r"<\1\2></\1>", markup)
    if (start := markup.find("<!--", markup.rfind("-->") + 1)) >= 0:  # nothing closes it
        markup = markup[:start] + markup[start:].replace("<!--", "")
    if _LONG_TAG.search(markup) is not None:
        markup = _LONG_TAG.sub(r"<\1>", markup)
    tags = _NAME.findall(markup)
    if any(map(str.isupper, {*"".join({*tags})})):
        tags = [name.lower() for name in tags]
    too_deep, num_formatting = _depths(tags)
    if too_deep:
        number = iter(range(len(tags)))
        # A line's end stands for what is left out, so that no words are glued.
        markup = _TAG.sub(lambda tag: tag[0] if next(number) not in too_deep else "<br>", markup)
    if num_formatting > MAX_OPEN_FORMATTING:  # under another name they are not opened again
        markup = _FORMATTING.sub(r"<\1x-\2", markup)
    return _without_unclosed(markup, tags)


def _depths(tags: list[str]) -> tuple[set[int], int]:
    """Return which start tags lie too deep, and how many formatting elements are ever open.

    The page is taken to be at least as deep as a parser makes it: an end tag closes the last element, or one of the
    few before it where only inline elements lie between.

    Args:
        tags: The names of all tags, those of end tags with their slash.
    """
    too_deep: set[int] = set()
    stack: list[str] = [""]  # names with a slash before them
    num_formatting = most_formatting = 0
    for number, name in enumerate(tags):
        if name == stack[-1]:
            stack.pop()
            num_formatting -= name in _INLINE_ENDS
        elif name in _NOT_DEEPER:
            continue
        elif name[0] != "/":
            if len(stack) > MAX_DEPTH:
                too_deep.add(number)
                continue
            stack.append(end := f"/{name}")
            if end in _INLINE_ENDS:
                num_formatting += 1
                if num_formatting > most_formatting:
                    most_formatting = num_formatting
        elif name in stack[-_SEARCHED:]:
            depth = len(stack) - 1
            while stack[depth] != name and stack[depth] in _INLINE_ENDS:
                depth -= 1
            if stack[depth] == name:
                num_formatting -= sum(inner in _INLINE_ENDS for inner in stack[depth:])
                del stack[depth:]
    return too_deep, most_formatting


def _without_unclosed(markup: str, tags: list[str]) -> str:
    """Return a page without the start tags of raw text that nothing closes; what follows them stays."""
    last_is_start = {name.lstrip("/"): name[0] != "/" for name in tags if name in _RAW_TEXT_TAGS}
    for name in (name for name, is_start in last_is_start.items() if is_start):
        ends = [match.end() for match in re.finditer(rf"</{name}\b", markup, re.IGNORECASE)]
        last = ends[-1] if ends else 0
        markup = markup[:last] + re.sub(rf"<{name}\b[^<>]*>", "", markup[last:], flags=re.IGNORECASE)
    return markup
