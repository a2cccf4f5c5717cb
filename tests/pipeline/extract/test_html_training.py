"""The command that learns the weights."""

import gzip
import json
import sys
from pathlib import Path

import pytest

from pipeline.extract.html import choose_text, read_blocks
from pipeline.extract.html_fitting import THRESHOLD
from pipeline.extract.html_gold import SETS
from pipeline.extract.html_model import load_model
from pipeline.extract.html_training import main
from tests.pipeline.extract.gold_pages import BODY, gold_page

FILES = {"gne_zh": "silver", "readability": "index", "webmainbench": "samples"}


def write(folder: Path, rows: list[dict[str, object]]) -> None:
    folder.mkdir()
    with gzip.open(folder / f"{FILES.get(folder.name, 'gold')}.jsonl.gz", "wt") as lines:
        lines.write("\n".join(map(json.dumps, rows)))


def test_weights_are_learned_from_the_sets_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    rows = []
    for i in range(40):
        (tmp_path / f"{i}.gz").write_bytes(gzip.compress(gold_page(i, None).html))
        body = f"{BODY.format(i)} {BODY.format(i)}"
        rows.append({"id": f"{i}", "url": f"https://{i}.example", "html": f"../../{i}.gz",
                     "articleBody": body})  # fmt: skip
    for name in SETS:
        write(pages / name, rows if name == "scrapinghub" else [])
    out = tmp_path / "weights.npz"
    monkeypatch.setattr(sys, "argv", ["html_training", str(pages), "--out", str(out)])
    main()
    model = load_model(out)
    assert model.threshold == pytest.approx(THRESHOLD)
    unseen = read_blocks(gold_page(99, None).html)
    assert choose_text(unseen, model) == "\n\n".join([BODY.format(99)] * 2)
