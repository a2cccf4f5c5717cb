import pytest

from pipeline.extract.wiki_markup import render_link


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
