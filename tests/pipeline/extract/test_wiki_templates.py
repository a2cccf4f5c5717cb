import pytest

from pipeline.extract.wiki_templates import render_template
from pipeline.extract.wikitext import wikitext_to_text


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("lang|fr|thé", "thé"),
        ("Lang|fr|2=thé|italic=no", "thé"),
        ("lang-fr|thé", "thé"),
        ("convert|5|km|mi|abbr=on", "5 km"),
        ("cvt|5|-|7|kg|lb", "5–7 kg"),
        ("nowrap|a b", "a b"),
        ("quote|text=It is so.|author=x", "It is so."),
        ("formatnum:12345", "12345"),
        ("ndash", "–"),
        ("!", "|"),
        ("Infobox|name=x", ""),
        ("citation needed|date=May", ""),
        ("仮リンク|茶|en|Tea", "茶"),
        ("langx|fr|thé|tea", "thé"),
        ("lang|fr|mot", "mot"),
        ("convert|30|km2|sqmi", "30 km²"),
        ("convert|6|ft|2|in|m", "6 ft 2 in"),
        ("convert|5|km|mi|0", "5 km"),
        ("convert|20|C", "20 °C"),
        ("chem|H|2|O", "H2O"),
        ("sortname|Ada|Lovelace", "Ada Lovelace"),
        ("sort|0001|first", "first"),
        ("as of|2012|3", "As of 2012-3"),
        ("uc:tea", "TEA"),
        ("formatnum:1234|R", "1234"),
        ("small|", ""),
        ("lang", ""),
        ("convert", ""),
    ],
)
def test_templates(content: str, shown: str) -> None:
    assert render_template(content) == shown


@pytest.mark.parametrize(
    ("wikitext", "text"),
    [
        ("5{{frac|1|2}} inches", "5 1/2 inches"),
        ("5 {{frac|1|2}}", "5 1/2"),
        ("'''5'''{{sfrac|3|4}}", "5 3/4"),
        ("about {{frac|5|1|2}}", "about 5 1/2"),
        ("{{fraction|2}} of it", "1/2 of it"),
        ("[[five|5]]{{frac|1|2}}", "5 1/2"),
        ("{{frac}}x", "x"),
    ],
)
def test_fractions_stay_apart_from_what_they_follow(wikitext: str, text: str) -> None:
    assert wikitext_to_text(wikitext) == text
