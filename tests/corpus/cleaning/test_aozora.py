"""The marks of Aozora Bunko go, and what they stand for stays."""

import pytest

from penwright.corpus.cleaning.aozora import find_aozora, without_marks
from penwright.corpus.cleaning.clean import CleaningConfig, clean

RULE = "-" * 55
BOOK = f"""川の店
鈴木はな

{RULE}
【テキスト中に現れる記号について】

《》：ルビ
（例）川《かわ》

［＃］：入力者注
{RULE}

［＃２字下げ］一［＃「一」は中見出し］

　川《かわ》のそばに｜古い時計《とけい》の店があった。※［＃「口＋世」、U+546D、12-3］と※［＃「丂」、12-3］。

底本：「作品集」出版社
　　　2001年発行
入力：だれか
"""


def test_head_foot_readings_and_notes_go() -> None:
    cleaned = clean(BOOK, config=CleaningConfig())
    assert cleaned.text == "川の店\n鈴木はな\n\n\n一\n\n　川のそばに古い時計の店があった。\u546dと〓。\n"
    assert [cut.kind for cut in cleaned.cuts] == ["header", "footer"]
    assert cleaned.details == {"Title": "川の店", "Author": "鈴木はな", "Language": "ja"}


def test_a_file_without_a_list_of_signs_is_known_by_its_foot() -> None:
    text = "川の店\n鈴木はな\n\n川《かわ》のそば。\n\n底本：「作品集」\n"
    assert clean(text, config=CleaningConfig()).text == "川の店\n鈴木はな\n\n川のそば。\n"


@pytest.mark.parametrize("text", ["He said 《no》 twice.\n", "a\n\n底本：x\n", f"{RULE}\nb\n{RULE}\n"])
def test_other_texts_are_left_alone(text: str) -> None:
    assert find_aozora(text) is None


@pytest.mark.parametrize(("marked", "text"), [("｜AとB《え》", "AとB"), ("a｜b", "a｜b"), ("《《強》》", "《》")])
def test_marks_are_taken_away(marked: str, text: str) -> None:
    assert without_marks(marked) == text


def test_many_marks_without_end_cost_no_more() -> None:
    marks = "［＃" * 50_000 + "｜" * 50_000 + "《" * 50_000
    assert without_marks(marks).replace("｜", "") == marks.replace("｜", "")
