import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extract.wiki_variants import resolve_variants


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("这些-{zh-hans:计算机; zh-hant:電腦;}-", "这些计算机"),
        ("這些-{zh-hans:计算机; zh-hant:電腦;}-", "這些電腦"),
        ("這-{zh-cn:信息;zh-tw:資訊;zh-hk:資訊}-", "這資訊"),
        ("这-{zh-tw:資訊}-", "这資訊"),
        ("-{zh:文}-", "文"),
        ("-{原文}-", "原文"),
        ("-{R|原文}-", "原文"),
        ("-{}-", ""),
        ("甲-{H|zh-cn:乙;zh-tw:丙}-丁", "甲丁"),
        ("甲-{T|zh-cn:乙;zh-tw:丙}-丁", "甲丁"),
        ("这-{A|zh-cn:乙;zh-tw:丙}-丁", "这乙丁"),
        ("这-{zh-hans;zh-hant|乙}-丁", "这乙丁"),
        ("这-{zh-hans:[[软件]];zh-hant:[[軟體|軟件]]}-", "这[[软件]]"),
        ("这-{zh-hans:a&nbsp;b; zh-hant:c}-", "这a&nbsp;b"),
        ("-{sr-ec:чај; sr-el:čaj}-", "чај"),
        ("{{box|-{{b}}-}} -{ open", "{{box|-{{b}}-}} -{ open"),
        ("x-{http://a.b; c}-", "xhttp://a.b; c"),
    ],
)
def test_one_variant_is_shown(text: str, shown: str) -> None:
    assert resolve_variants(text) == shown


@given(st.lists(st.sampled_from(["-{", "}-", "|", ";", ":", "zh-hans:", "zh", "H", "这", "國"])))
def test_any_mixture_ends(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert len(resolve_variants(text)) <= len(text)
