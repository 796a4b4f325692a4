"""East Asian encodings are told by everyday characters."""

import pytest

from penwright.corpus.formats.encodings.multibyte import find_multibyte, reads_in

CHINESE = "老人坐在窗邊，望著空蕩蕩的街道，直到天黑，燈一盞一盞地滅了。他說：「這是我的。」\n"
HONG_KONG = (
    "佢每日朝早打開個窗，睇住條街啲人行嚟行去，喺度寫信。咁大個人嘅嘢，冇人覆佢，佢都唔理。他說：這是我的，我在這裏。\n"
)
JAPANESE = "老人は窓辺に座り、静かな通りを眺めていた。①と～がある。やがて日が暮れて、灯りがひとつずつ消えた。\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "big5"),
        (HONG_KONG, "big5hkscs"),
        (JAPANESE, "cp932"),
        (JAPANESE.replace("①", "").replace("～", ""), "euc_jp"),
    ],
)
def test_everyday_characters_tell_the_encoding(text: str, encoding: str) -> None:
    data = (text * 20).encode(encoding)
    found = find_multibyte(data)
    assert found is not None
    assert data.decode(found[0]) == text * 20


def test_a_damaged_place_far_behind_spoils_nothing() -> None:
    data = (CHINESE * 3_000).encode("big5")
    assert find_multibyte(data[:200_001] + data[200_002:]) == ("big5", "Chinese")


def test_western_text_is_none_of_them() -> None:
    assert (
        find_multibyte("À la fin de l'été, le garçon mangea des pêches, ça c'est sûr. ".encode("latin-1") * 50) is None
    )
    assert not reads_in("naïve Zoë garçon été".encode("latin-1"), "gb18030")
