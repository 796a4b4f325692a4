"""Headings of chapters: their words by language, and their numbers."""

ROMAN = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"))
ROMAN_ONES = ((9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
FORMS = {
    "ca": "Capítol {roman}",
    "cs": "Kapitola {roman}",
    "da": "Kapitel {roman}",
    "de": "Kapitel {roman}",
    "el": "Κεφάλαιο {n}",
    "en": "Chapter {roman}",
    "eo": "Ĉapitro {roman}",
    "es": "Capítulo {roman}",
    "fi": "Luku {roman}",
    "fr": "Chapitre {roman}",
    "hu": "{n}. fejezet",
    "it": "Capitolo {roman}",
    "ja": "第{n}章",
    "ko": "제{n}장",
    "la": "Caput {roman}",
    "nl": "Hoofdstuk {roman}",
    "no": "Kapittel {roman}",
    "pl": "Rozdział {roman}",
    "pt": "Capítulo {roman}",
    "ro": "Capitolul {roman}",
    "ru": "Глава {roman}",
    "sv": "Kapitel {roman}",
    "tr": "Bölüm {n}",
    "uk": "Розділ {roman}",
    "zh": "第{n}章",
}
"""Form of a heading by language. Languages without one have the Roman number alone."""


def form_of(language: str) -> str:
    """Return the form of a heading in a language.

    Args:
        language: Tag of the language, such as "en" or "pt-BR".
    """
    return FORMS.get(language.partition("-")[0].lower(), "{roman}")


def heading_of(number: int, *, form: str) -> str:
    """Return the heading of a chapter.

    Args:
        number: Number of the chapter, from 1.
        form: Form, in which {n} stands for the number and {roman} for the Roman one.
    """
    return form.replace("{n}", str(number)).replace("{roman}", roman(number))


def roman(number: int) -> str:
    """Return a number, at least 1, in Roman numerals."""
    assert number >= 1, number
    numeral = ""
    for value, letters in (*ROMAN, *ROMAN_ONES):
        count, number = divmod(number, value)
        numeral += letters * count
    return numeral
