"""Templates of a dictionary."""

import pytest

from pipeline.extract.wikitext import wikitext_to_text
from pipeline.extract.wiktionary_templates import render_dictionary_template


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("l|en|leaf", "leaf"),
        ("l|en|leaf|leaves", "leaves"),
        ("m|fr|thé||tea", "thé"),
        ("gloss|the plant", "(the plant)"),
        ("q|rare|dated", "(rare, dated)"),
        ("q|Q42", None),
        ("a|UK", "(UK)"),
        ("a|en|UK", "(UK)"),
        ("lb|en|informal|or|slang", "(informal, slang)"),
        ("bor|en|fr|café", "French café"),
        ("der|en|ine-pro|-", "Proto-Indo-European"),
        ("der|en|nan|茶", "茶"),
        ("cog|de|Tee", "German Tee"),
        ("ux|fr|Un thé.|A tea.", "Un thé. — A tea."),
        ("syn|en|cha|char", "Synonyms: cha, char"),
        ("af|en|tea|-y", "tea + -y"),
        ("plural of|en|tea", "plural of tea"),
        ("inflection of|fr|thé||p", "inflection of thé"),
        ("w|Camellia sinensis|the plant", "the plant"),
        ("en-noun|~", None),
        ("l|Leaf", None),
        ("m|10", None),
        ("list of|countries", None),
    ],
)
def test_templates(template: str, shown: str | None) -> None:
    name, *values = template.split("|")
    assert render_dictionary_template(name, values) == shown


def test_an_entry_reads_as_it_is_shown() -> None:
    entry = (
        "==English==\n===Etymology===\nFrom {{inh|en|enm|tee}}, from {{der|en|nan|茶|tr=tê}}.\n"
        "===Noun===\n{{en-noun|~}}\n# {{lb|en|informal}} A [[drink]] of {{l|en|leaf|leaves}}.\n"
        "#: {{ux|en|He drank the '''tea'''.}}\n* {{IPA|en|/tiː/}}\n"
    )
    assert wikitext_to_text(entry) == (
        "English\n\nEtymology\n\nFrom Middle English tee, from 茶.\n\n"
        "Noun\n\n- (informal) A drink of leaves.\n- He drank the tea.\n- /tiː/"
    )
