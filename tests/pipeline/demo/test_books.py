from pipeline.demo.books import book
from pipeline.demo.items import own_texts

MILL, VILLAGE = own_texts()["muehle"], own_texts()["shancun"]


def test_a_book_has_markers_licence_and_the_line_ends_of_the_library():
    content = book("The Mill", "A. Author", 7, "de", [MILL])
    for marker in (b"*** START OF THE PROJECT GUTENBERG", b"*** END OF THE PROJECT GUTENBERG"):
        assert content.count(marker) == 1
    assert content.rindex(b"THE FULL LICENSE") > content.index(b"*** END OF")
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_the_declared_encoding_is_the_true_one():
    german = book("The Mill", "A. Author", 7, "de", [MILL], encoding="iso-8859-1")
    assert b"Character set encoding: ISO-8859-1" in german
    assert "Mühle" in german.decode("iso-8859-1")
    assert "Character set encoding: UTF-8" in book("村", "A", 8, "zh", [VILLAGE]).decode()


def test_wrapping_loses_no_word_and_lines_stay_short():
    lines = book("The Mill", "A. Author", 7, "de", [MILL]).decode().split("\r\n")
    assert max(map(len, lines)) <= 79
    words = " ".join(lines).split()
    wanted = MILL.text().split()
    start = words.index(wanted[0], words.index("START"))
    while words[start : start + 3] != wanted[:3]:
        start = words.index(wanted[0], start + 1)
    assert words[start : start + len(wanted)] == wanted


def test_chinese_paragraphs_are_not_wrapped():
    lines = book("村", "A", 8, "zh", [VILLAGE]).decode().split("\r\n")
    assert all("　　" + paragraph in lines for paragraph in VILLAGE.paragraphs)


def test_several_texts_become_chapters():
    text = book("Two", "A", 9, "en", [MILL, VILLAGE]).decode()
    assert text.index("CHAPTER 1") < text.index(MILL.title) < text.index("CHAPTER 2")
