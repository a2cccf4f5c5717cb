import pytest

from pipeline.extract.wiki_markup import render_link, render_template


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("Tea", "Tea"),
        ("tea|the drink", "the drink"),
        ("Tea (drink)|", "Tea"),
        ("Help:Tea|", "Tea"),
        ("Tea#History", "Tea"),
        ("#History", "History"),
        ("wikt:tea|tea", "tea"),
        ("Star Trek: Tea", "Star Trek: Tea"),
        ("File:Tea.jpg|thumb|A [cup]", ""),
        ("文件:茶.jpg|缩略图", ""),
        ("Category:Tea", ""),
        ("カテゴリ:茶", ""),
        ("Thể loại:Trà", ""),
        (":Category:Tea", "Category:Tea"),
        (":fr:Thé|le thé", "le thé"),
        ("fr:Thé", ""),
        ("zh-yue:茶", ""),
    ],
)
def test_links(content: str, shown: str) -> None:
    assert render_link(content) == shown


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
    ],
)
def test_templates(content: str, shown: str) -> None:
    assert render_template(content) == shown
