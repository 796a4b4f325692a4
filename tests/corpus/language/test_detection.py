"""The language of a text is told by its own words, and nothing is said of programs and tables."""

import pytest
from folders import CORPORA, ROOT

from penwright.corpus.formats.document import read_document
from penwright.corpus.language.detection import (
    UNKNOWN,
    BookLanguage,
    book_language,
    declared_code,
    language_of,
    stretch_languages,
)

CODES = {
    "French": "fr",
    "German": "de",
    "Greek": "el",
    "Hungarian": "hu",
    "Polish": "pl",
    "Russian": "ru",
    "Spanish": "es",
    "Ukrainian": "uk",
}
ENGLISH = (
    "The lamp had been lit before she came down, and he was sitting with his back to the window, as if there were "
    "nothing in the street that he would care to see. When she asked him what had been said, he told her all of it."
)
FRENCH = (
    "La lampe était allumée quand elle descendit, et il était assis le dos à la fenêtre, comme s'il n'y avait rien "
    "dans la rue qu'il eût voulu voir. Elle lui demanda ce qu'on avait dit, et il ne lui cacha rien de tout cela."
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (ENGLISH, "en"),
        (FRENCH, "fr"),
        ("La lampada era accesa quando ella scese, e lui sedeva con le spalle alla finestra, come se non ci fosse "
         "nulla nella strada che egli volesse vedere. Poi gli chiese che cosa era stato detto.", "it"),
        ("De lamp was al aan toen zij naar beneden kwam, en hij zat met zijn rug naar het raam, alsof er niets op de "
         "straat was dat hij had willen zien. Zij vroeg hem wat er gezegd was.", "nl"),
        ("Lampan var redan tänd när hon kom ned, och han satt med ryggen mot fönstret, som om det inte fanns något på "
         "gatan som han ville se. Hon frågade honom vad som hade blivit sagt.", "sv"),
        ("A lâmpada já estava acesa quando ela desceu, e ele estava sentado de costas para a janela, como se não "
         "houvesse nada na rua que ele quisesse ver. Ela perguntou-lhe o que tinham dito.", "pt"),
        ("Lamppu oli jo sytytetty kun hän tuli alas, ja mies istui selin ikkunaan, niin kuin kadulla ei olisi ollut "
         "mitään jota hän olisi tahtonut nähdä. Hän kysyi mitä oli sanottu, mutta mies ei sanonut sitä.", "fi"),
        ("吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。", "ja"),
        ("道可道，非常道。名可名，非常名。無名天地之始；有名萬物之母。", "zh"),
    ],
)  # fmt: skip
def test_a_paragraph_tells_its_language(text: str, code: str) -> None:
    assert language_of(text) == code


@pytest.mark.skipif(not CORPORA.exists(), reason="needs the corpora beside the checkout")
def test_novels_in_nine_languages_are_told_and_none_is_taken_for_bilingual() -> None:
    books = [(path, CODES[path.parent.name]) for path in sorted((CORPORA / "languages").glob("*/*.txt"))]
    books += [(path, "en") for path in sorted((CORPORA / "novels").glob("*.txt"))]
    assert len(books) > 100
    told = {path.name: book_language(stretch_languages(read(path.read_bytes(), path.name))) for path, _ in books}
    assert told == {path.name: BookLanguage(code) for path, code in books}


def read(data: bytes, name: str) -> str:
    return read_document(data, name=name).text


def test_nothing_is_said_of_programs_and_tables() -> None:
    table = "\n".join(f"{row};{row * row};a{row}b;0.{row};in;{row % 7}" for row in range(3_000))
    program = (ROOT / "penwright/corpus/archives/zips.py").read_text(encoding="utf-8")
    without_comments = "\n".join(line for line in program.split("\n") if line.startswith("    ") and '"' not in line)
    assert book_language(stretch_languages(table)).code == UNKNOWN
    assert book_language(stretch_languages(without_comments * 4)).code == UNKNOWN
    assert stretch_languages("") == {} and book_language({}).code == UNKNOWN


def test_a_book_in_two_languages_shows_both_and_a_quotation_is_none() -> None:
    facing = "\n\n".join([*[ENGLISH] * 4, *[FRENCH] * 4] * 12)
    told = book_language(stretch_languages(facing))
    assert {told.code, *(code for code, _ in told.others)} == {"en", "fr"}
    assert " and " in told.name
    quoting = "\n\n".join([*[ENGLISH] * 60, FRENCH, *[ENGLISH] * 60])
    assert book_language(stretch_languages(quoting)) == BookLanguage("en")


@pytest.mark.parametrize(
    ("declared", "code"),
    [("English", "en"), ("en-GB", "en"), ("eng", "en"), ("en; fr", "en"), ("FRENCH", "fr"), ("Klingon", ""), ("", "")],
)
def test_what_a_header_names_is_understood(declared: str, code: str) -> None:
    assert declared_code(declared) == code
