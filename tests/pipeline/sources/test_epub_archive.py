"""Entries of a book's archive: found, bounded, and refused."""

import io
import zipfile

import pytest

from pipeline.sources.epub_archive import EpubArchive, parse_xml, resolve
from schemas.errors import RecordError


def archive(entries: dict[str, bytes], max_bytes: int = 1 << 20) -> EpubArchive:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return EpubArchive(buffer, max_bytes)


def test_an_entry_is_read_whatever_its_case():
    book = archive({"OPS/Page.xhtml": b"<p>tea</p>"})
    assert book.names() == ["OPS/Page.xhtml"]
    assert book.find("ops/page.xhtml") == "OPS/Page.xhtml"
    assert book.read("ops/page.xhtml") == b"<p>tea</p>"


def test_what_is_missing_is_named():
    with pytest.raises(RecordError, match=r"no\.xhtml: not in the archive"):
        archive({"a": b""}).read("no.xhtml")


def test_a_bomb_is_refused_by_its_ratio():
    with pytest.raises(RecordError, match="times its size"):
        archive({"bomb": b"\0" * (8 << 20)}, 1 << 30).read("bomb")


def test_all_entries_together_stay_below_the_limit():
    entries = {name: name.encode() * 60 for name in ("a", "b", "c")}
    book = archive(entries, max_bytes=130)
    assert len(book.read("a")) + len(book.read("b")) == 120
    with pytest.raises(RecordError, match="unfolds to more than 130 bytes"):
        book.read("c")


def test_an_encrypted_entry_is_refused():
    encryption = (
        b'<encryption xmlns:enc="e"><enc:EncryptedData><enc:CipherData>'
        b'<enc:CipherReference URI="OPS/a.xhtml"/></enc:CipherData></enc:EncryptedData>'
        b"</encryption>"
    )
    book = archive({"META-INF/encryption.xml": encryption, "OPS/a.xhtml": b"x", "b": b"y"})
    with pytest.raises(RecordError, match="encrypted"):
        book.read("OPS/a.xhtml")
    assert book.read("b") == b"y"


@pytest.mark.parametrize(
    ("folder", "href", "path"),
    [
        ("OPS", "a.xhtml#top", "OPS/a.xhtml"),
        ("OPS/text", "../img/a%20b.png", "OPS/img/a b.png"),
        ("", "a", "a"),
        ("OPS", "../../etc/passwd", None),
        ("OPS", "/etc/passwd", "etc/passwd"),  # of the archive, not of the machine
    ],
)
def test_references_stay_in_the_archive(folder, href, path):
    assert resolve(folder, href) == path


def test_external_entities_are_not_read(tmp_path):
    (tmp_path / "secret").write_text("secret")
    content = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{tmp_path / "secret"}">]><a>&x;</a>'
    text = "".join(parse_xml(content.encode()).itertext())
    assert "secret" not in text


def test_no_archive_is_told():
    with pytest.raises(RecordError):
        EpubArchive(io.BytesIO(b"not a zip"), 1000)


def test_a_name_with_its_escapes_is_found_where_no_other_is_meant():
    book = archive({"OPS/a%20b": b"x", "OPS/c d": b"y", "OPS/c%20d": b"z"})
    assert book.locate("OPS", "a%20b#top") == "OPS/a%20b"
    assert book.locate("OPS", "c%20d") == "OPS/c d"
    assert book.locate("OPS", "e%20f") == "OPS/e f"
    assert book.locate("OPS", "../../a%20b") is None
