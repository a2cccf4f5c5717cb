"""Reading page sets."""

import gzip
import json
from pathlib import Path

from pipeline.extract.html_gold import GoldPage, read_pages


def _write(folder: Path, name: str, rows: list[dict[str, object]]) -> None:
    (folder / "html").mkdir(parents=True)
    (folder / "html/a.html.gz").write_bytes(gzip.compress(b"<p>text"))
    with gzip.open(folder / name, "wt", encoding="utf-8") as lines:
        lines.write("\n".join(map(json.dumps, rows)))


def test_articles_and_segments(tmp_path: Path) -> None:
    url = "https://www.example.org/a"
    html = "html/a.html.gz"
    article = {"id": "x", "url": url, "articleBody": "text", "html": html}
    _write(tmp_path / "scrapinghub", "gold.jsonl.gz", [article])
    (page,) = read_pages(tmp_path, "scrapinghub")
    assert (page.page_id, page.site, page.html, page.text) == (
        "x",
        "example.org",
        b"<p>text",
        "text",
    )
    segments = {"url": url, "html": html, "with": ["a"], "without": ["b", "c"]}
    _write(tmp_path / "trafilatura", "gold.jsonl.gz", [segments])
    (page,) = read_pages(tmp_path, "trafilatura")
    assert page.text is None and (page.present, page.absent) == (("a",), ("b", "c"))
    assert page.half in (0, 1)


def test_marks_that_tell_the_gold_are_stripped(tmp_path: Path) -> None:
    row = {
        "track_id": "t",
        "url": "https://example.org",
        "html": '<p cc-select="true" data-anno-uid="u1" class="a">text</p>',
        "groundtruth_content": "text",
    }
    folder = tmp_path / "webmainbench"
    _write(folder, "samples.jsonl.gz", [row])
    (page,) = read_pages(tmp_path, "webmainbench")
    assert page.html == b'<p class="a">text</p>'


def test_pages_of_a_site_are_in_the_same_fold() -> None:
    def fold(page_id: str, site: str) -> int:
        return GoldPage("scrapinghub", page_id, site, b"", None).fold(3)

    assert len({fold(str(i), "a.example") for i in range(20)}) == 1
    assert {fold("x", f"{i}.example") for i in range(40)} == {0, 1, 2}
