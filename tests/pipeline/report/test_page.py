import re

import lxml.html
import pytest

from pipeline.report.page import MOST_FILES, render
from schemas.build import FileCounts, PassageCounts
from schemas.errors import DataError
from tests.pipeline.report.sample import BUILD, CHINESE, SHARDS, STATISTICS, example


@pytest.fixture(scope="module")
def page() -> str:
    return render(STATISTICS, BUILD, SHARDS)


@pytest.fixture(scope="module")
def tree(page):
    return lxml.html.document_fromstring(page)


def test_text_from_the_corpus_never_becomes_markup(page, tree):
    assert tree.xpath("//script | //img | //iframe | //link | //object") == []
    assert not [name for element in tree.iter() for name in element.attrib if name[:2] == "on"]
    # Title, snippet (twice), detail, key, error, unrecognised file, configuration.
    assert page.count("&lt;script&gt;alert(") >= 8
    assert "web/&lt;b&gt;cut&lt;/b&gt;.warc.gz" in page


def test_the_page_loads_nothing_from_elsewhere(page, tree):
    for element in tree.iter():
        for name, value in element.attrib.items():
            assert "//" not in value, (element.tag, name, value)
    styles = " ".join(tree.xpath("//style/text()"))
    assert "url(" not in styles and "@import" not in styles
    for match in re.finditer(r"https?://", page):
        assert page[match.start() :].startswith(("https://example.org/", "https://evil.example"))


def test_links_and_identifiers_fit_each_other(tree):
    identifiers = tree.xpath("//@id")
    assert len(identifiers) == len(set(identifiers))
    for link in tree.xpath("//@href"):
        assert link.startswith("#") and link[1:] in identifiers, link
    for clip in tree.xpath("//@clip-path"):
        assert re.fullmatch(r"url\(#(.+)\)", clip)[1] in identifiers


def test_personal_data_is_counted_and_its_fate_told(tree):
    rows = [
        [cell.text_content().strip() for cell in row.xpath("./*")]
        for row in tree.xpath("//section[@id='personal-data']//tbody/tr")
    ]
    assert rows == [
        ["email", "4", "9", "3", "7", "placeholder"],
        ["phone", "1", "1", "0", "0", "as it stands"],
    ]


def test_every_plot_stands_above_a_table_with_its_numbers(tree):
    figures = tree.xpath("//figure")
    assert len(figures) == len(STATISTICS.histograms)
    rows = [
        [cell.text_content().strip() for cell in row.xpath("./*")]
        for row in figures[0].xpath(".//tbody/tr")
    ]
    assert rows == [
        ["0.000 – 0.250", "6", "0"],
        ["0.250 – 0.500", "1", "0"],
        ["0.750 – 1.000", "0", "1"],
    ]
    assert figures[0].xpath(".//svg") and "Threshold: 0.5." in figures[0].text_content()
    labels = [cell.text_content() for cell in figures[1].xpath(".//tbody/tr/th")]
    assert labels == ["100 – 1,000", "1,000 – 10,000"]


def test_the_colours_of_plots_follow_the_page(page):
    assert "#01020" not in page
    assert "fill: var(--dropped)" in page


def test_numbers_of_the_funnel_are_shown(tree):
    rows = {
        row.xpath("string(./th)").strip(): [cell.text_content() for cell in row.xpath("./td")]
        for row in tree.xpath("//section[@id='funnel']//tr[th and td]")
    }
    assert rows["kept"][:2] == ["7", "58.3\xa0%"]
    assert rows["dropped"][:2] == ["2", "16.7\xa0%"]
    assert rows["duplicate"][0] == "2" and rows["unreadable"][0] == "1"
    assert rows["in"][0] == "12" and rows["in"][-1] == "7 + 2 + 2 + 1"


def test_passages_are_counted_where_they_are_cut(page):
    assert "<h3>Passages</h3>" not in page
    counts = PassageCounts(documents=1200, passages=3400, num_bytes=5_600_000)
    cut = render(STATISTICS, BUILD.model_copy(update={"passages": counts}), SHARDS)
    text = lxml.html.document_fromstring(cut).xpath("string(//h3[.='Passages']/following::p)")
    assert "3,400 passages" in text and "1,200 kept documents" in text and "5.3 MiB" in text


def test_an_example_says_what_was_measured_and_the_limit(tree):
    said = tree.xpath("string(//section[@id='dropped']//p[@class='origin'])")
    assert "measured 0.91, limit 0.5" in said


def test_what_a_limit_costs_is_shown(tree):
    table = tree.xpath("//h3[.='What each limit costs']/following::table")[0]
    cells = [cell.text_content() for cell in table.xpath(".//tbody/tr/*")]
    assert cells == ["max_toxicity", "3", "1", "8.3\xa0%", "4,321"]


def test_tokens_add_up_over_splits(tree):
    rows = {
        row.xpath("string(./th)"): [cell.text_content() for cell in row.xpath("./td")]
        for row in tree.xpath("(//section[@id='tokens']//table)[1]//tr[td]")
    }
    assert rows == {
        "web": ["1,000", "100", "0", "1,100", "84.6\xa0%"],
        "news": ["200", "0", "0", "200", "15.4\xa0%"],
        "all": ["1,200", "100", "0", "1,300", ""],
    }


def test_tokens_per_word_are_shown_for_each_language(tree):
    table = tree.xpath("//h3[.='Tokens per word']/following::table")[0]
    cells = [cell.text_content() for cell in table.xpath(".//tbody/tr/*")]
    assert cells == ["zh Chinese", "12", "0.75", "0.71", "4.00"]


def test_chinese_text_is_there_as_it_is_and_controls_are_made_visible(page):
    assert CHINESE in page and "河边" in page
    assert "A\ufffdB" in page and "\x00" not in page


def test_every_section_says_in_one_sentence_what_it_shows(tree):
    sections = tree.xpath("//main/section")
    assert len(sections) == 11
    for section in sections:
        assert section.xpath("./h2"), section.get("id")
        assert section.xpath("string(./p[@class='why'])").strip().endswith((".", "?"))


def test_the_same_build_gives_the_same_bytes(page):
    assert render(STATISTICS, BUILD, SHARDS) == page


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"records": 13}, "build does not add up"),
        ({"outcomes": {**BUILD.outcomes, "kept": 8}, "records": 13}, "files do not add up"),
        ({"per_file": BUILD.per_file[:1]}, "files do not add up"),
        (
            {"per_file": [BUILD.per_file[0], FileCounts(path="x", records=3, kept=2)]},
            "file x does not add up",
        ),
    ],
)
def test_a_build_that_does_not_add_up_is_refused(changes, named):
    with pytest.raises(DataError, match=named):
        render(STATISTICS, BUILD.model_copy(update=changes), SHARDS)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"sources": STATISTICS.sources[:1]}, "sources do not add up"),
        ({"languages": STATISTICS.languages[1:]}, "languages do not add up"),
        ({"drop_reasons": STATISTICS.drop_reasons[:1]}, "drop reasons do not add up"),
        ({"duplicate_rules": {"same_text": 1}}, "duplicate rules do not add up"),
        ({"cluster_sizes": []}, "clusters do not add up"),
    ],
)
def test_statistics_that_contradict_the_build_are_refused(changes, named):
    with pytest.raises(DataError, match=named):
        render(STATISTICS.model_copy(update=changes), BUILD, SHARDS)


def test_a_corpus_of_many_files_still_makes_a_small_page():
    many = 20_000
    extra = [FileCounts(path=f"web/{'x' * 60}-{i:05}", records=1, kept=1) for i in range(many)]
    sources = [
        group.model_copy(
            update={
                "outcomes": group.outcomes.model_copy(
                    update={
                        "records": group.outcomes.records + (many if group.name == "web" else 0),
                        "kept": group.outcomes.kept + (many if group.name == "web" else 0),
                    }
                )
            }
        )
        for group in STATISTICS.sources
    ]
    languages = [
        STATISTICS.languages[0].model_copy(
            update={
                "outcomes": STATISTICS.languages[0].outcomes.model_copy(
                    update={"records": 8 + many, "kept": 5 + many}
                )
            }
        ),
        *STATISTICS.languages[1:],
    ]
    build = BUILD.model_copy(
        update={
            "records": 12 + many,
            "outcomes": {**BUILD.outcomes, "kept": 7 + many},
            "per_file": [*BUILD.per_file, *extra],
            "unrecognised": [f"file-{i} (no known dump)" for i in range(many)],
        }
    )
    statistics = STATISTICS.model_copy(
        update={
            "sources": sources,
            "languages": languages,
            "kept_examples": [example(i, snippet=CHINESE * 12) for i in range(60)],
        }
    )
    page = render(statistics, build, SHARDS)
    assert len(page.encode()) < 1_500_000
    assert f"{many + 2 - MOST_FILES:,} more files" in page
    # What could not be read comes first, so that the limit never hides it.
    assert page.index("web/pages.warc.gz") < page.index("web/xxx")


def test_an_empty_corpus_has_a_page_too():
    nothing = STATISTICS.model_copy(
        update={
            "sources": [],
            "languages": [],
            "drop_reasons": [],
            "kept_examples": [],
            "cluster_sizes": [],
            "largest_clusters": [],
            "near_duplicates": [],
            "duplicate_rules": {},
            "unreadable": [],
            "histograms": [
                histogram.model_copy(update={"series": []}) for histogram in STATISTICS.histograms
            ],
        }
    )
    build = BUILD.model_copy(
        update={"records": 0, "outcomes": {}, "per_file": [], "unrecognised": [], "rules": {}}
    )
    page = render(nothing, build, SHARDS.model_copy(update={"shards": []}))
    for said in ("No record was dropped", "No duplicates were found", "There are no tokens"):
        assert said in page
