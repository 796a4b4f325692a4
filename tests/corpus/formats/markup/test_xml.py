"""XML from strangers is parsed without entities of its own, without files, and within bounds."""

from pathlib import Path

import pytest

from penwright.corpus.formats.markup import xml
from penwright.corpus.formats.markup.xml import parse_xml, walk, without_doctype


def text_of(markup: str) -> str:
    root = parse_xml(markup)
    assert root is not None
    return "".join(text for kind, text, _ in walk(root) if kind == "text")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<a>caf&eacute;&mdash;x &lt; y &amp; z</a>", "café—x < y & z"),
        ("<a>&#233;&#xE9;&#150;&#0;&#xD800;</a>", "éé–\ufffd\ufffd"),
        ("<a>AT&T &unknown; &</a>", "AT&T &unknown; &"),
        ("<a><![CDATA[x < &eacute; y]]></a>", "x < &eacute; y"),
        ("<?xml version='1.0' encoding='latin-1'?><a>é</a>", "é"),
        ("<a>x\x00\x0cy\ufffe</a>", "xy"),
        (
            '<!DOCTYPE a [<!ENTITY h "the &eacute; house"><!ENTITY m "<b>mill</b>">]><a>&h;, &m;</a>',
            "the é house, mill",
        ),
        ('<!DOCTYPE a PUBLIC "-//W3C" "http://www.w3.org/x.dtd"><a>x</a>', "x"),
    ],
)
def test_entities_are_resolved_before_the_parser_sees_them(markup: str, text: str) -> None:
    assert text_of(markup) == text


@pytest.mark.parametrize("markup", ["", "no markup", "<a>", "<a></b>", "<a>x</a><b/>", "<a x=1/>"])
def test_what_is_not_well_formed_is_none(markup: str) -> None:
    assert parse_xml(markup) is None


def test_an_external_entity_stays_as_it_is_written(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("not to be read", encoding="utf-8")
    markup = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]><a>&x;</a>'
    assert text_of(markup) == "&x;"


def test_entities_within_entities_do_not_grow() -> None:
    levels = "".join(f'<!ENTITY e{number} "{f"&e{number - 1};" * 10}">' for number in range(1, 12))
    markup = f'<!DOCTYPE a [<!ENTITY e0 "ha">{levels}]><a>&e11;</a>'
    assert len(text_of(markup)) < 100


def test_entities_are_put_in_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "MAX_ENTITY_CHARS", 25)
    markup = '<!DOCTYPE a [<!ENTITY e "0123456789">]><a>&e;&e;&e;</a>'
    assert text_of(markup) == "01234567890123456789&e;"


def test_no_declaration_reaches_the_parser() -> None:
    assert "<!" not in without_doctype('<!DOCTYPE a [<!ENTITY b "c">]><a/>')
    assert parse_xml('<!DOCTYPE a><!DOCTYPE b [<!ENTITY c "d">]><a>&c;</a>') is None
    assert parse_xml(" " * 70_000 + '<!DOCTYPE b [<!ENTITY c "d">]><a>&c;</a>') is None


def test_a_deep_document_is_walked_without_recursion() -> None:
    depth = 1_500
    assert text_of("<a>" * depth + "x" + "</a>" * depth) == "x"


def test_a_long_text_is_read_whole() -> None:
    assert len(text_of(f"<a>{'word ' * 2_100_000}</a>")) == 10_500_000
