"""A document in XML is read by what its elements are."""

from penwright.corpus.formats.markup.elements import Elements, read_elements
from penwright.corpus.formats.markup.xml import parse_xml

KNOWN = Elements(
    paragraphs=frozenset({"p", "code"}),
    lines=frozenset({"l"}),
    cells=frozenset({"c"}),
    verbatim=frozenset({"code"}),
    notes=frozenset({"n"}),
    not_read=frozenset({"x"}),
    breaks=frozenset({"b"}),
    signs={"t": "-"},
)


def read(markup: str, elements: Elements = KNOWN) -> str:
    root = parse_xml(f"<doc>{markup}</doc>")
    assert root is not None
    return read_elements(root, elements, num_source_letters=0).text


def test_each_kind_of_element_is_laid_out() -> None:
    assert read("<p>one</p><p>two<b/>lines</p>") == "one\n\ntwo\nlines\n"
    assert read("<l>one</l><l>two</l><c>a</c><c>b</c>") == "one\ntwo\na b\n"
    assert read("<code>a\n  b</code>") == "a\n  b\n"
    assert read("<p>a<t/>b<x>not <p>this</p></x>c</p>") == "a-bc\n"


def test_a_note_follows_its_paragraph() -> None:
    assert read("<p>one<n><p>A</p><p>B</p></n> two</p><p>three</p>") == "one two\n\nA\n\nB\n\nthree\n"
    assert read("one<n>A</n> two") == "one two\n\nA\n"


def test_text_between_the_elements_that_count_is_left_out() -> None:
    only = Elements(paragraphs=frozenset({"p"}), only_text_of=frozenset({"t"}))
    assert read("<p>no<t>yes</t>no</p>", only) == "yes\n"
