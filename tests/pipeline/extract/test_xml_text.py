"""XML that others wrote."""

from pathlib import Path

import pytest
from lxml import etree

from pipeline.extract.xml_text import (
    PARSER_BOUNDS,
    name_characters,
    open_sections,
    strip_declaration,
)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("<?xml version='1.0' encoding='utf-16'?>\n<a/>", "<a/>"),
        ("\ufeff <?xml version='1.0'?><a/>", "<a/>"),
        ("\r\n<a/> ", "<a/> "),
    ],
)
def test_the_declaration_goes(text: str, rest: str) -> None:
    assert strip_declaration(text) == rest


def test_names_of_html_become_characters_and_those_of_xml_stay() -> None:
    text = "&amp;&lt;&gt;&quot;&apos;&#8212;&mdash;&Auml;&nosuch;&;"
    assert name_characters(text) == "&amp;&lt;&gt;&quot;&apos;&#8212;—Ä&nosuch;&;"


def test_sections_are_the_text_in_them() -> None:
    data = b"a<![CDATA[<b> & ]] ]]>c<![CDATA[]]>d<![CDATA[e"
    assert open_sections(data) == b"a&lt;b> &amp; ]] cd<![CDATA[e"
    assert open_sections(b"<![CDATA[" * 100_000) == b"<![CDATA[" * 100_000


def test_entities_are_not_expanded_and_nothing_is_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (tmp_path / "a.dtd").write_text("<!ENTITY c 'secret'>")
    document = (
        f"<!DOCTYPE r SYSTEM '{tmp_path}/a.dtd' [<!ENTITY a 'secret'>"
        f"<!ENTITY b SYSTEM 'file://{secret}'>]><r><!-- x --><?y z?>&a;&b;</r>"
    )
    root = etree.fromstring(document.encode(), etree.XMLParser(**PARSER_BOUNDS))
    assert "".join(root.itertext(with_tail=False)).replace("&a;", "").replace("&b;", "") == ""
    assert b"secret" not in etree.tostring(root)
    assert [child.text for child in root] == ["&a;", "&b;"]
    assert root.getroottree().docinfo.externalDTD is None


def test_nesting_is_bounded() -> None:
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(b"<a>" * 1000 + b"</a>" * 1000, etree.XMLParser(**PARSER_BOUNDS))
