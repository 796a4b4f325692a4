"""The encoding of a text that is not UTF-8 is found by reading it in each, never cp1252 by accident."""

import pytest
from folders import CORPORA

from penwright.corpus.formats.encodings.detection import detect, high_runs

LANGUAGES = CORPORA / "languages"
TEXTS = {
    "French": "À la fin de l'été, le garçon mangea des pêches où le maître l'avait vu; ça c'est sûr, naïf et gêné. ",
    "German": "Über dem schönen Städtchen läuten süße Glöckchen, größer als die Bäume draußen, für müde Füße. ",
    "Polish": "Żółta łódź płynęła wśród gęstej mgły, a dziękczynna pieśń niosła się ku brzegowi i ścieżce. ",
    "Czech": "Příliš dlouhá cesta vedla přes řeku; děvče šlo vždycky samo a měšťané se tiše ptali, kde je kůň. ",
    "Hungarian": "Az öreg őr fölött zúgó szélben a fűzfák árnyékában ült, és őszintén örült a tűznek, a kőnek. ",
    "Turkish": "Küçük çocuğun gözleri ışıldadı; yağmur dinmiş, gökyüzü açılmış, kuşlar şarkı söylüyordu. ",
    "Russian": "Старый учитель долго смотрел в окно. Наконец он встал, взял шапку и вышел. Был тихий вечер. ",
    "Ukrainian": "Її дідусь їхав полем. Зійшло сонце, і він усміхнувся; Ївга чекала біля воріт. Ґанок блищав. ",
    "Greek": "Ο γέρος κάθισε στο κατώφλι. Ήταν αργά, και ο ήλιος έδυε πίσω από το βουνό. Όλα ήσυχα. ",
    "Hebrew": "הזקן ישב ליד החלון והביט אל הרחוב הריק, עד שירד הערב והנרות כבו אחד אחד. ",
    "Arabic": "جلس الشيخ قرب النافذة ونظر إلى الشارع الخالي حتى حل المساء وانطفأت الشموع. ",
    "Japanese": "老人は窓辺に座り、静かな通りを眺めていた。やがて日が暮れて、灯りがひとつずつ消えた。",
    "Chinese": "老人坐在窗边，望着空荡荡的街道，直到天黑，灯一盏一盏地灭了。",
}


@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        *((name, "cp1252") for name in ("French", "German")),
        *((name, "mac-roman") for name in ("French", "German")),
        *((name, "cp850") for name in ("French", "German")),
        *((name, encoding) for name in ("Polish", "Czech", "Hungarian") for encoding in ("cp1250", "iso8859-2")),
        ("Turkish", "cp1254"),
        *(("Russian", encoding) for encoding in ("cp1251", "koi8-r", "iso8859-5", "cp866", "mac-cyrillic")),
        *(("Ukrainian", encoding) for encoding in ("cp1251", "koi8-u")),
        *(("Greek", encoding) for encoding in ("cp1253", "iso8859-7")),
        ("Hebrew", "cp1255"),
        ("Arabic", "cp1256"),
        *(("Japanese", encoding) for encoding in ("shift_jis", "euc_jp")),
        ("Chinese", "gb18030"),
    ],
)
def test_a_paragraph_reads_as_what_it_is(language: str, encoding: str) -> None:
    data = (TEXTS[language] * 4).encode(encoding)
    detection = detect(data)
    assert data.decode(detection.encoding) == data.decode(encoding), detection


def test_the_reason_names_the_language() -> None:
    assert detect(TEXTS["Polish"].encode("cp1250")).reason == "detected: reads as Polish"
    assert detect(TEXTS["German"].encode("cp1252") * 20).reason == "detected: reads as German"
    assert detect(TEXTS["German"].encode("cp1252")).reason == "detected: reads as Western European"


def test_cyrillic_with_latin_letters_slipped_in_is_not_western() -> None:
    data = TEXTS["Ukrainian"].replace("і", "i").replace("І", "I").encode("cp1251") * 4
    assert detect(data).encoding == "cp1251"


def test_an_english_text_with_one_accent_is_western() -> None:
    data = b"It was a long evening. " * 500 + "She met him at the café.".encode("latin-1") + b" They walked home." * 500
    assert data.decode(detect(data).encoding).count("café") == 1


def test_curly_quotes_alone_are_enough() -> None:
    assert detect("“Never,” he said — ‘never’ …".encode("cp1252")).encoding == "cp1252"


def test_noise_is_told_to_be_a_guess() -> None:
    noise = bytes(128 + (73 * number * number + 19 * number) % 128 for number in range(3_000))
    detection = detect(noise)
    assert detection.reason.startswith(("guessed", "detected by charset-normalizer"))
    noise.decode(detection.encoding)


def test_a_declaration_that_reads_badly_is_passed_over() -> None:
    data = (TEXTS["Russian"] * 3).encode("koi8-r")
    assert detect(data, declared="cp1252").encoding == "koi8-r"


def test_runs_are_found_across_chunks_and_stop_at_the_limit() -> None:
    data = b"a" * 10 + b"\xe9\xe8" + b"b" * (1 << 20) + b"\xe9" + b"c"
    assert high_runs(data, limit=10) == [(10, 12), (12 + (1 << 20), 13 + (1 << 20))]
    assert len(high_runs(b"\xe9 " * 100, limit=7)) == 7


@pytest.mark.slow
@pytest.mark.skipif(not LANGUAGES.is_dir(), reason="the books to test on are not beside the checkout")
def test_novels_of_eight_languages_are_read_in_their_encodings() -> None:
    """Samples of 3,000 characters; two letters in a hundred may differ, as where two tables share all but one."""
    encodings = {
        "Russian": ["koi8-r", "cp1251", "cp866"], "Ukrainian": ["cp1251", "koi8-u"], "Polish": ["iso8859-2", "cp1250"],
        "Hungarian": ["iso8859-2", "cp1250"], "Greek": ["iso8859-7", "cp1253"], "French": ["cp1252", "mac-roman"],
        "German": ["cp1252", "mac-roman"], "Spanish": ["cp1252", "mac-roman"],
    }  # fmt: skip
    for language, names in encodings.items():
        for path in sorted((LANGUAGES / language).glob("*.txt")):
            text = path.read_text(encoding="utf-8-sig")[2_000:5_000]
            for encoding in names:
                data = text.encode(encoding, "ignore")
                got, expected = data.decode(detect(data).encoding), data.decode(encoding)
                num_wrong = sum(one != other for one, other in zip(got, expected, strict=True))
                assert num_wrong <= 0.02 * len(expected), f"{path.name} in {encoding}: {detect(data)}"
