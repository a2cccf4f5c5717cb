import pytest

from pipeline.sources.arc_header import ArcHeader, begins_arc, parse_header

DATE = "2014-02-16T05:02:21Z"


@pytest.mark.parametrize(
    ("line", "header"),
    [
        ("1.2.3.4 20140216050221 text/html 5\n", ArcHeader("http://a/", DATE, "text/html", 5)),
        ("1.2.3.4 20140216050221  5\r\n", ArcHeader("http://a/", DATE, "", 5)),
        ("2001:db8::1 20140216050221 t/h 5", ArcHeader("http://a/", DATE, "t/h", 5)),
        ("1.2.3.4 20140216050221 t/h 200 sum - 9 a.arc 5", ArcHeader("http://a/", DATE, "t/h", 5)),
        ("- 20140216050221 t/h 5 \r", ArcHeader("http://a/", DATE, "t/h", 5)),
        ("1.2.3.4 201402160502 t/h 5", ArcHeader("http://a/", DATE[:17] + "00Z", "t/h", 5)),
        ("1.2.3.4 null t/h 5", ArcHeader("http://a/", "", "t/h", 5)),
        ("1.2.3.4 20140216050221 t/h -1", ArcHeader("http://a/", DATE, "t/h", None)),
        ("?q=1 2.3 - x 1.2.3.4 20140216050221 t/h 5",
         ArcHeader("http://a/ ?q=1 2.3 - x", DATE, "t/h", 5)),
    ],
)  # fmt: skip
def test_headers_of_both_versions(line: str, header: ArcHeader) -> None:
    assert parse_header(b"http://a/ " + line.encode()) == header


@pytest.mark.parametrize(
    "line", [b"", b"hello", b"http://a/ 1.2.3.4 5", b"http://a/ 1.2.3.4 then text/html 5"]
)
def test_other_lines_are_none(line: bytes) -> None:
    assert parse_header(line) is None
    assert not begins_arc(line)


def test_a_file_may_begin_with_any_record() -> None:
    assert begins_arc(b"http://a/ 1.2.3.4 20140216050221 t/h 5\nhello\n")
    assert begins_arc(b"filedesc://broken")
