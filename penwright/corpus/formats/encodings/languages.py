"""What the letters above ASCII look like in each language: which occur, how often, and how densely.

Data and nothing else; `detection` reads bytes in many encodings and asks which reading looks like a language.
"""

import math
from typing import NamedTuple


class Language(NamedTuple):
    """The letters above ASCII of one language."""

    name: str
    letters: str
    """In small letters, the most frequent first."""
    min_density: float
    """Share of a text's letters that they are at least, below which it is a text of another language."""


WESTERN = "Western European"
"""An English text with words of several languages, or a text of any language that uses few accents."""
_LETTERS = [
    Language(WESTERN, "éèêáàäöüóíñçôïëîúâæøåòìùãõßœûýþðÿšž", 0.0),
    Language("French", "éàèêçôîùâûœëïæüÿ", 0.01),
    Language("German", "üäößéàèêôâ", 0.005),
    Language("Spanish", "óíáéñúüçª", 0.008),
    Language("Portuguese", "ãéáçêíóàõúôâüè", 0.015),
    Language("Italian", "èàùòéìîóíïöâ", 0.004),
    Language("Dutch", "ëéèïóüöêáíàâ", 0.001),
    Language("Swedish or Finnish", "äöåéüšžàèø", 0.01),
    Language("Danish or Norwegian", "åøæéöäüóêôèò", 0.008),
    Language("Icelandic", "áðíúþéæóöý", 0.04),
    Language("Estonian", "äõüöšž", 0.02),
    Language("Polish", "łęóążśćńźéü", 0.02),
    Language("Czech", "íáéěýčřžšůúňťóďö", 0.05),
    Language("Slovak", "áíéýčšžúľťôóňäďĺŕ", 0.04),
    Language("Hungarian", "áéöóőíüúű", 0.05),
    Language("Croatian or Slovene", "čšžćđ", 0.008),
    Language("Romanian", "ăîţşâ", 0.02),
    Language("Romanian", "ăîțșâ", 0.02),
    Language("Turkish", "ıüşğçöİâîû", 0.04),
    Language("Lithuanian", "ėųšįžūąčę", 0.02),
    Language("Latvian", "āīēšūņļķģžčō", 0.04),
    Language("Russian", "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёѣіѳѵ", 0.0),
    Language("Ukrainian", "оанивітерслкудмпзяьбгчйхцїжєюшщґф", 0.0),
    Language("Belarusian", "аніоеркстялвудмпызгўбьчцйкхжшёюэф", 0.0),
    Language("Bulgarian", "аиоетнрсвлкдпмзгбъуячцшжхщфюйь", 0.0),
    Language("Serbian or Macedonian", "аоиенрстујкдвмлпзгбчшцћжхђљњфџѕќѓ", 0.0),
    Language("Greek", "αοιετνσηρπςκμλυωίάγόέδθήχύβώφζξψϊΐϋΰ", 0.0),
    Language("Hebrew", "יוהלאתמרבנשדחעקפםןכסטגזצךץף", 0.0),
    Language("Arabic", "الينمرتوبهدعفسكحقجأطةشصذخضىئزغثءإظآؤ،؛؟ـَُِّْپچژگًٌٍ", 0.0),
]
SIGNS = frozenset("«»‹›“”„‘’‚–—―…·•§¶°£¢¥€©®™†‡ªº¹²³¼½¾×÷±´¨¸`¿¡№¦¬ˆ˜‰\xa0\xad΄΅")
"""Signs above ASCII that a text in any language may hold."""
SIGN_COST = 3.5
UNKNOWN_COST = 9.2
CAPITAL_COST = 1.5
"""What a reading costs, in nats, for each sign, each character no language explains, and each capital more."""


def cost_tables() -> dict[str, dict[str, float]]:
    """Return, for each language, what each of its letters costs: minus the logarithm of how probable it is.

    A geometric law over the rank stands for the frequencies: the rarest letter is a twentieth as frequent as the first.
    """
    tables: dict[str, dict[str, float]] = {}
    for language in _LETTERS:
        num = len(language.letters)
        weights = [math.exp(-3 * rank / num) for rank in range(num)]
        total = sum(weights)
        table = tables.setdefault(language.name, {})
        for letter, weight in zip(language.letters, weights, strict=True):
            cost = -math.log(weight / total)
            if letter not in table:
                table[letter] = cost
            if len(capital := letter.upper()) == 1:
                table.setdefault(capital, cost + CAPITAL_COST)
    return tables


MIN_DENSITIES = {language.name: language.min_density for language in _LETTERS}
