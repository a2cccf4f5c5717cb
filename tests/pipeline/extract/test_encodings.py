import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.encodings import (
    decode_html,
    decode_text,
    find_encoding,
    find_utf16,
    is_single_byte,
    likeliest_encoding,
)

CHINESE = "茶叶商会在北京和上海的集市进展顺利，商会表示将继续举办。" * 3
TAIWAN = "春天的茶園裡霧氣很重，採茶的人天未亮就上山，到中午才下來歇息。" * 3
JAPANESE = "日本語のテキストです。これは試験のための文章であり、内容はありません。" * 3
KOREAN = "한국어 문장을 시험하기 위하여 적어 둔 글이며 별다른 뜻은 없습니다. " * 3
RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю. " * 3
CASES = [
    (CHINESE, "gb18030", "gb2312"),
    (CHINESE, "gb18030", "GBK"),
    (TAIWAN, "big5", "big5"),
    (TAIWAN, "big5hkscs", "Big5-HKSCS"),
    (JAPANESE, "cp932", "Shift_JIS"),
    (JAPANESE, "euc_jp", "EUC-JP"),
    (JAPANESE, "iso2022_jp", "ISO-2022-JP"),
    (KOREAN, "cp949", "EUC-KR"),
    (RUSSIAN, "cp1251", "windows-1251"),
    (RUSSIAN, "koi8-r", "KOI8-R"),
    ("Zażółć gęślą jaźń. " * 3, "iso8859-2", "ISO-8859-2"),
    ("“déjà vu” — l’été. " * 3, "cp1252", "ISO-8859-1"),
    ("ภาษาไทยเป็นภาษาที่มีระดับเสียง " * 3, "cp874", "TIS-620"),
    (CHINESE, "utf-8", "utf-8"),
]


@pytest.mark.parametrize(("text", "encoding", "label"), CASES)
def test_a_declaration_by_server_or_page_is_followed(text: str, encoding: str, label: str) -> None:
    assert decode_html(text.encode(encoding), label) == text
    page = f"<meta charset={label}><p>{text}"
    assert decode_html(page.encode(encoding)) == page
    page = f'<meta http-equiv="Content-Type" content="text/html; charset={label}"><p>{text}'
    assert decode_html(page.encode(encoding)) == page


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "gb18030"), (TAIWAN, "big5"), (JAPANESE, "cp932"), (JAPANESE, "euc_jp"),
        (RUSSIAN, "cp1251"), (RUSSIAN, "koi8-r"), (CHINESE, "utf-8"), (KOREAN, "utf-8"),
    ],
)  # fmt: skip
def test_without_a_declaration_it_is_detected(text: str, encoding: str) -> None:
    assert decode_html(f"<p>{text}".encode(encoding)) == f"<p>{text}"
    assert decode_text(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "comment",
    [
        '<!-- <meta charset="gbk"> -->',
        "<!--\n<meta charset=gbk>\n> -- -->",
        "<!--<meta charset=gbk>",
    ],
)
def test_what_a_comment_declares_counts_for_nothing(comment: str) -> None:
    assert RUSSIAN.encode().decode("gb18030") != RUSSIAN  # no error gives the mistake away
    page = f'{comment}<meta charset="utf-8"><p>{RUSSIAN}'
    assert decode_html(page.encode()) == page


@pytest.mark.parametrize("before", ["<!-->", "<!--->", "<!-- a -->", "<!-- a --!>"])
def test_a_declaration_behind_a_comment_is_followed(before: str) -> None:
    page = f"{before}<meta charset=koi8-r><p>{RUSSIAN}"
    assert decode_html(page.encode("koi8-r")) == page


@pytest.mark.parametrize("label", ["x-no-such", "", "none", "utf-7", "\x00", "x-user-defined"])
def test_an_unknown_label_counts_as_none(label: str) -> None:
    assert find_encoding(label) is None
    assert decode_html(f"<meta charset=gbk>{CHINESE}".encode("gbk"), label).endswith(CHINESE)


def test_utf8_that_is_called_latin_is_utf8() -> None:
    assert decode_html("l'été déjà".encode(), "ISO-8859-1") == "l'été déjà"


def test_a_page_that_knows_better_than_its_latin_server_is_followed() -> None:
    page = f"<meta charset=gbk><p>{CHINESE}"
    assert decode_html(page.encode("gbk"), "ISO-8859-1") == page


def test_a_wrong_utf8_label_gives_way() -> None:
    assert decode_html(CHINESE.encode("gb18030"), "utf-8") == CHINESE
    assert decode_html(RUSSIAN.encode("cp1251"), "utf-8") == RUSSIAN


def test_a_few_bad_bytes_do_not_change_the_encoding() -> None:
    broken = CHINESE.encode("gb18030") * 10 + b"\xff\xff" + CHINESE.encode("gb18030")
    text = decode_html(broken, "gbk")
    assert text.count("茶叶商会") == 33
    broken = CHINESE.encode() * 10 + b"\xff" + CHINESE.encode()
    assert decode_html(broken, "utf-8").count("茶叶商会") == 33


def test_rare_accents_of_latin_1_are_kept() -> None:
    text = "Plain words stand here. " * 20_000 + "A café."
    assert decode_text(text.encode("latin-1")) == text
    assert decode_html(text.encode("latin-1")) == text
    cut = ("Plain words stand here, “quoted”. " * 900).encode()[:-4]  # within a character
    assert decode_text(cut).count("“quoted”") == 899


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["id,text\r\n1,words\r\n", "标题,正文\r\n" + CHINESE + "\r\n1,2"])
def test_utf16_needs_no_mark(encoding: str, text: str) -> None:
    assert find_utf16(text.encode(encoding)) == encoding
    assert decode_text(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"a\0",
        b"words\0and\0more\0words",
        "words".encode("utf-32-le"),
        b"\0" * 90,
        b"hello\0world " * 50,
        b"abc\0" * 50,
        b"\0name=value;\0key=more;" * 20,
    ],
)
def test_zeros_among_ascii_are_no_utf16(data: bytes) -> None:
    assert find_utf16(data) is None


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_wins(encoding: str) -> None:
    assert decode_html(CHINESE.encode(encoding), "iso-8859-1") == CHINESE


@given(st.binary(max_size=300), st.sampled_from(["gbk", "utf-8", "big5", "latin1", None, "x"]))
def test_nothing_makes_it_raise(data: bytes, label: str | None) -> None:
    decode_html(data, label)
    decode_text(data, label)


@pytest.mark.parametrize("label", ["gb2312", "big5", "shift_jis", "euc-jp", "euc-kr"])
@pytest.mark.parametrize("text", ["天津茶叶新闻报道", KOREAN, JAPANESE])
def test_utf8_is_read_as_such_whatever_the_page_declares(label: str, text: str) -> None:
    page = f"<meta charset={label}>" + "<div class=box>x</div>" * 200 + text
    assert decode_html(page.encode()) == page
    assert decode_html(page.encode(), label) == page
    cut = page.encode()[:-1]  # inside the last character
    assert decode_html(cut).startswith(page[:-1])


def test_a_few_characters_that_could_be_utf8_are_what_is_declared() -> None:
    assert "谐".encode("gb18030").decode() == "г"
    assert decode_html("<p>谐".encode("gb18030"), "gbk") == "<p>谐"


def test_korean_and_seven_bit_japanese_are_detected() -> None:
    for text, encoding in ((KOREAN, "euc-kr"), (JAPANESE, "iso2022_jp")):
        page = f"<html><p>{text}"
        assert decode_html(page.encode(encoding)) == page
    assert decode_text(KOREAN.encode("cp949")) == KOREAN


@pytest.mark.parametrize("encoding", ["utf-32", "iso2022_jp", "utf-16"])
def test_texts_that_tell_their_encoding_by_marks(encoding: str) -> None:
    text = "吾輩は猫である。名前はまだ無い。"
    assert decode_text(text.encode(encoding)) == text


def test_a_mark_of_utf_32_is_none_of_utf_16() -> None:
    assert find_utf16("茶\n".encode("utf-32")) is None


def test_a_mark_of_utf_16_before_ascii_is_a_damage() -> None:
    text = b"plain words and nothing else, " * 4
    assert find_utf16(b"\xff\xfe" + text) is None
    assert decode_text(b"\xff\xfe" + text).endswith(text.decode())
    assert find_utf16(b"\xff\xfe" + "plain words, ".encode("utf-16-le") * 9) == "utf-16-le"


@pytest.mark.parametrize("label", ["x-mac-cyrillic", "x-mac-ukrainian", "X-Mac-Cyrillic"])
def test_cyrillic_of_the_macintosh_is_an_encoding_of_the_web(label: str) -> None:
    text = RUSSIAN + "Ґанок і ґрати коштують 5 €."
    assert decode_html(text.encode("mac_cyrillic"), label) == text
    page = f"<meta charset={label}><p>{text}"
    assert decode_html(page.encode("mac_cyrillic")) == page


@pytest.mark.parametrize(
    ("text", "encoding", "label"),
    [(CHINESE, "hz", "HZ-GB-2312"), (KOREAN, "iso2022_kr", "ISO-2022-KR")],
)
def test_what_browsers_refuse_to_show_is_read(text: str, encoding: str, label: str) -> None:
    assert decode_html(text.encode(encoding), label) == text
    assert decode_text(text.encode(encoding), label) == text
    # Declared and not so.
    assert decode_html(f"<a href=/~u>{text}".encode(), label) == f"<a href=/~u>{text}"


@pytest.mark.parametrize(
    "label",
    ["utf-7", "johab", "ibm037", "cp500", "ebcdic-cp-us", "x-mac-greek", "x-mac-japanese",
     "x-user-defined", "rot13", "base64", "zip", "idna", "punycode", "undefined", "unicode_escape",
     "utf-8\0", "é", "x" * 9999],
)  # fmt: skip
@pytest.mark.parametrize("text", [RUSSIAN, CHINESE, "plain +AGE- text", "déjà"])
def test_a_label_that_browsers_do_not_know_declares_nothing(label: str, text: str) -> None:
    assert find_encoding(label) is None
    for data in (text.encode(), text.encode("gb18030"), text.encode("cp037", "replace")):
        assert decode_html(data, label) == decode_html(data)
    page = f"<meta charset={label}><p>{text}"
    assert decode_html(page.encode()) == page


@pytest.mark.parametrize(
    ("text", "encoding", "label"),
    [
        (RUSSIAN, "mac_cyrillic", "MacCyrillic"),
        ("Ξεσκεπάζω την ψυχή. ", "mac_greek", "x-mac-greek"),
        ("Zażółć gęślą jaźń. ", "mac_latin2", "x-mac-ce"), (KOREAN, "johab", "Johab"),
        (CHINESE, "utf-7", "UTF-7"), ("Les élèves là", "mac_roman", "Macintosh Roman"),
    ],
)  # fmt: skip
def test_plain_texts_know_more_encodings_than_browsers(
    text: str, encoding: str, label: str
) -> None:
    assert decode_text(text.encode(encoding), label) == text


@pytest.mark.parametrize("label", ["utf-7", "hz-gb-2312", "iso-2022-kr"])
def test_seven_bits_declared_of_a_text_in_eight_declare_nothing(label: str) -> None:
    assert decode_text(CHINESE.encode(), label) == CHINESE


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(CHINESE, "gb18030"), (JAPANESE, "cp932"), (KOREAN, "cp949"), (RUSSIAN, "cp1251")],
)
def test_the_likeliest_encoding_may_be_told_behind_much_ascii(text: str, encoding: str) -> None:
    assert likeliest_encoding(b"plain words " * 20_000 + text.encode(encoding)) == encoding
    assert is_single_byte(encoding) is (encoding == "cp1251")


def test_the_likeliest_encoding_of_what_nothing_tells_is_that_of_windows() -> None:
    assert likeliest_encoding(b"one \x95 two") == "cp1252"
