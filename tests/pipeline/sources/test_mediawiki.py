import bz2
import gzip
import re
from collections import Counter
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from pipeline.sources.inputs import Format, InputRule
from schemas.config import build_config
from schemas.errors import ConfigError
from tests.pipeline.sources.conftest import ReadDump, rows_of, state
from tests.pipeline.sources.seven_zip_writer import pack_7z

HEAD = (
    '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" xml:lang="de"><siteinfo>'
    "<sitename>W</sitename><base>https://de.example.org/wiki/Hauptseite</base><namespaces>"
    '<namespace key="0" case="first-letter" /><namespace key="1">Diskussion</namespace>'
    '<namespace key="6">Ablage</namespace></namespaces></siteinfo>\n'
)
TAIL = "</mediawiki>"


def page(title: str, *revisions: tuple[int, str], ns: str | None = "0", extra: str = "") -> str:
    return (
        f"<page><title>{escape(title)}</title>"
        + (f"<ns>{ns}</ns>" if ns is not None else "")
        + f"<id>1</id>{extra}"
        + "".join(
            f"<revision><id>{number}</id><timestamp>2020-01-{number:02}T00:00:00Z</timestamp>"
            f"<contributor><username>u</username><id>99</id></contributor>"
            f'<text xml:space="preserve">{escape(text)}</text></revision>'
            for number, text in revisions
        )
        + "</page>\n"
    )


PAGES = [
    page("Tee & Kaffee", (1, "Ein '''[[Getränk]]'''. [[Ablage:Tee.jpg|mini|Tasse]]")),
    page("Umleitung", (2, "#WEITERLEITUNG [[Tee]]")),
    page("Weiter", (3, "egal"), extra='<redirect title="Tee" />'),
    page("Diskussion:Tee", (4, "Hallo"), ns="1"),
    page("Leer", (5, "{{Vorlage}}")),
]
DUMP = (HEAD + "".join(PAGES) + TAIL).encode()
STATES = ["text", "redirect", "redirect", "namespace", "empty_text"]


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("a.xml", DUMP),
        ("a.xml.gz", gzip.compress(DUMP)),
        ("a.xml.bz2", bz2.compress(DUMP)),
        # Multistream, as Wikimedia publishes it.
        ("a.xml.bz2", bz2.compress(HEAD.encode()) + bz2.compress(DUMP[len(HEAD.encode()) :])),
    ],
)
def test_articles_are_texts_and_all_else_is_told(
    read_dump: ReadDump, name: str, stored: bytes
) -> None:
    rows = read_dump(name, stored)
    assert [state(row) for row in rows] == STATES
    article = rows[0]
    assert article["text"] == "Ein Getränk."
    assert (article["title"], article["source_key"]) == ("Tee & Kaffee", "Tee & Kaffee 1")
    assert article["url"] == "https://de.example.org/wiki/Tee_&_Kaffee"
    assert article["published"].isoformat() == "2020-01-01T00:00:00+00:00"
    assert (article["language_hint"], article["source"]) == ("de", "wiki")


def test_offsets_are_those_of_the_revisions(read_dump: ReadDump) -> None:
    for row in read_dump("a.xml", DUMP):
        assert DUMP.startswith(b"<revision>", row["record_offset"])


def test_only_the_latest_revision_is_a_text_in_any_order(read_dump: ReadDump) -> None:
    for order in ([1, 2, 3], [3, 1, 2], [2, 3, 1]):
        history = page("Tee", *((number, f"Fassung {number}") for number in order))
        rows = read_dump("a.xml", (HEAD + history + TAIL).encode())
        assert Counter(map(state, rows)) == {"old_revision": 2, "text": 1}
        (latest,) = [row for row in rows if row["text"]]
        assert latest["text"] == "Fassung 3"


def test_old_dumps_tell_the_namespace_by_the_title_alone(read_dump: ReadDump) -> None:
    pages = page("Diskussion:Tee", (1, "x"), ns=None) + page("Star Trek: Tee", (2, "y"), ns=None)
    rows = read_dump("a.xml", (HEAD + pages + TAIL).encode())
    assert [state(row) for row in rows] == ["namespace", "text"]


@pytest.mark.parametrize("cut", range(len(HEAD) + 30, len(DUMP) - 1, 101))
def test_wherever_a_dump_is_cut_the_pages_before_stand(read_dump: ReadDump, cut: int) -> None:
    rows = read_dump("a.xml", DUMP[:cut])
    whole = DUMP[:cut].count(b"</page>")
    assert [state(row) for row in rows] == [*STATES[:whole], "error"]
    assert "broken XML" in rows[-1]["error"] and "byte" in rows[-1]["error"]


def test_a_truncated_archive_and_bad_xml_are_one_unreadable_record(read_dump: ReadDump) -> None:
    rows = read_dump("a.xml.bz2", bz2.compress(DUMP)[:-20])
    assert state(rows[-1]) == "error" and "truncated bzip2" in rows[-1]["error"]
    bad = DUMP.replace(b"</ns><id>1</id><redirect", b"</nx><id>1</id><redirect")
    states = [state(row) for row in read_dump("b/c.xml", bad)][-5:]
    assert states == ["text", "redirect", "error", "namespace", "empty_text"]


def test_a_document_type_is_refused(read_dump: ReadDump) -> None:
    bomb = b'<!DOCTYPE mediawiki [<!ENTITY a "ha">]>' + DUMP.replace(b"Ein ", b"&a; ")
    (row,) = read_dump("a.xml", bomb)
    assert "broken XML: a document type declaration (byte " in row["error"]


@pytest.mark.parametrize(
    ("named", "states"),
    [
        ({"namespaces": "0, 1"}, ["text", "redirect", "redirect", "text", "empty_text"]),
        ({"namespaces": "1"}, ["namespace"] * 3 + ["text", "namespace"]),
        ({"redirects": True}, ["text", "text", "text", "namespace", "empty_text"]),
        ({"redirects": False}, STATES),
    ],
)
def test_a_rule_chooses_namespaces_and_redirects(
    read_dump: ReadDump, named: dict[str, Any], states: list[str]
) -> None:
    rule = InputRule(match="*", format=Format.MEDIAWIKI, **named)
    assert [state(row) for row in read_dump("a.xml", DUMP, (rule,))] == states
    # Old dumps have no numbers: the prefix of the title tells.
    old = DUMP.replace(b"<ns>0</ns>", b"").replace(b"<ns>1</ns>", b"")
    assert [state(row) for row in read_dump("a.xml", old, (rule,))] == states


def test_namespaces_are_numbers() -> None:
    assert InputRule(match="*", namespaces=" 0, -1 ,14").namespaces == " 0, -1 ,14"
    for wrong in ("talk", "", "0;1", "0,", "1.5"):
        with pytest.raises(ConfigError) as caught:
            build_config(InputRule, {"match": "*", "namespaces": wrong}, where="a.toml")
        assert str(caught.value) == (
            f"a.toml: namespaces = {wrong!r}: numbers of namespaces wanted, apart by commas, "
            'such as "0" or "0,14"'
        )


def test_a_7z_dump_is_read_as_it_is_unpacked(read_dump: ReadDump) -> None:
    name = "dewiki-pages-meta-history1.xml-p1p2.7z"
    rows = read_dump(name, pack_7z(("dewiki-pages-meta-history1.xml-p1p2", DUMP)))
    assert [state(row) for row in rows] == STATES
    assert rows == [row | {"source_file": name} for row in read_dump("b/a.xml", DUMP)][-len(rows) :]


def test_dumps_in_one_archive_are_dumps_of_their_own(read_dump: ReadDump) -> None:
    other = (HEAD.replace('"de"', '"fr"') + page("Autre", (9, "Encore un mot.")) + TAIL).encode()
    files = [("1.xml", DUMP), ("2.xml", b'<?xml version="1.0"?>\n' + other)]
    rows = read_dump("a.7z", pack_7z(*files))
    assert [state(row) for row in rows] == [*STATES, "text"]
    assert (rows[-1]["title"], rows[-1]["record_offset"]) == (
        "Autre",
        len(DUMP) + 22 + other.index(b"<revision>"),
    )
    # The same holds for files that were joined.
    joined = read_dump("b/a.xml", DUMP + other + b"rubbish")
    assert [state(row) for row in joined][-len(rows) - 1 :] == [*STATES, "text", "error"]


def test_a_truncated_7z_dump_keeps_its_pages(read_dump: ReadDump) -> None:
    many = HEAD + "".join(page(f"S{i}", (i, f"Nummer {i * i * 7919}")) for i in range(3000)) + TAIL
    stored = pack_7z(("a.xml", many.encode()))
    rows = read_dump("dewiki-pages-meta-history.xml.7z", stored[: len(stored) // 2])
    assert len(rows) > 1000 and {state(row) for row in rows[:-1]} == {"text"}
    assert "truncated, or one of several volumes (byte " in rows[-1]["error"]


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        (pack_7z(("a.xml", b"<a/>"), password="mill"), "an encrypted 7z archive"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04" + b"\0" * 99, "a 7z archive with a broken header"),
        (pack_7z(("a.warc", b"WARC/1.0\r\n\r\n")), "warc in a 7z archive: unpack it with 7z x"),
    ],
)
def test_a_7z_archive_that_is_not_read_is_one_row(
    read_dump: ReadDump, stored: bytes, told: str
) -> None:
    (row,) = read_dump("dewiki-pages-meta-history1.xml-p1p2.7z", stored)
    assert told in row["error"]


def test_a_page_above_the_limit_is_skipped(read_dump: ReadDump) -> None:
    dump = HEAD + page("Lang", (1, "wort " * 1000)) + page("Kurz", (2, "wort")) + TAIL
    rows = read_dump("a.xml", dump.encode(), max_record_bytes=1024)
    assert [state(row) for row in rows] == ["too_large", "text"]
    assert rows[0]["raw_bytes"] == 5000


@pytest.mark.shared
def test_the_real_dumps(shared_data: Path) -> None:
    rows = rows_of(shared_data / "mediawiki")
    by_file = Counter((row["source_file"].split("-")[0], state(row)) for row in rows)
    assert by_file["enwiki", "text"] == 106
    assert sum(count for (name, _), count in by_file.items() if name == "enwiki") == 206
    assert by_file["tinywiki", "text"] + by_file["tinywiki", "redirect"] == 8
    assert by_file["dump.xml", "old_revision"] == 1
    texts = " ".join(row["text"] for row in rows if row["text"])
    texts = re.sub(r"\$[^$\n]+\$", "", texts)  # braces of TeX
    for markup in ("[[", "]]", "{{", "}}", "<ref", "'''", "{|", "[[File", "&nbsp;"):
        assert markup not in texts, markup


def test_signs_in_titles_do_not_end_the_address(read_dump: ReadDump) -> None:
    titles = {"Wer? 100 % Tee": "Wer%3F_100_%25_Tee", 'Der "Tee"': "Der_%22Tee%22", "Ä/ö": "Ä/ö"}
    dump = HEAD + "".join(page(title, (1, "Ein Wort.")) for title in titles) + TAIL
    urls = [row["url"] for row in read_dump("a.xml", dump.encode())]
    assert urls == [f"https://de.example.org/wiki/{path}" for path in titles.values()]
