"""Titles in Latin letters."""

import pytest

from pipeline.output.romanisation import is_latin, romanise


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Beyoncé", "Beyonce"),
        ("Mötley Crüe – Ærø", "Motley Crue - AEro"),
        ("Þórr “łøð” ßə…", 'Thorr "lod" sse...'),
        ("e\u0301te\u0301", "ete"),
        ("ＦＵＬＬ", "FULL"),
        ("♥", ""),
        ("🎵 la", "la"),
        ("Тату - Катюша", "Tatu - Katyusha"),
        ("사랑해 너", "Salanghae Neo"),
        ("你好 世界！", "Ni Hao Shi Jie!"),
        ("佐々木", "Zuo Zuo Mu"),
        ("初音ミク feat. GUMI", "Chu Yin Miku feat. GUMI"),
        ("シャルル〜ラーメン〜", "Sharuru ~ Raamen ~"),
        ("ファッション", "Fasshon"),
        ("デュエル", "Dyueru"),
        ("ティーンウィッチ", "Tiinwitchi"),
        ("ﾊﾞｯｸ", "Bakku"),
    ],
)
def test_text_is_ascii_or_nothing(text: str, plain: str):
    assert romanise(text) == plain


@pytest.mark.parametrize(("text", "expected"), [("Ærø 2", True), ("ＦＵＬ", True), ("a あ", False), ("Катюша", False)])
def test_latin_letters_need_no_proposal(text: str, expected: bool):
    assert is_latin(text) is expected
