"""The dumps are read back with libraries that had no part in writing them."""

import io
from collections.abc import Mapping

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType

from pipeline.demo.dumps import OWN_TEXTS, DemoParams, compose, make_dumps
from pipeline.demo.items import own_texts
from pipeline.demo.planted import planted_documents
from schemas.errors import ConfigError

SMALL = DemoParams(max_articles=60)


@pytest.fixture(scope="module")
def dumps() -> Mapping[str, bytes]:
    return compose(SMALL)


def test_the_same_parameters_give_the_same_bytes(dumps):
    assert compose(SMALL) == dumps


def test_another_seed_deals_the_articles_differently(dumps):
    other = compose(DemoParams(max_articles=60, seed=2))
    assert other["web/demo-00000.warc.gz"] != dumps["web/demo-00000.warc.gz"]


def test_every_source_and_an_unknown_file_are_there(dumps):
    assert {name.split("/")[0] for name in dumps if "/" in name} == {
        "web",
        "books",
        "news",
        "social",
        "wiki",
    }
    assert "notes.md" in dumps


def test_one_record_is_the_same_in_two_files(dumps):
    first, second = (
        {
            record.headers["WARC-Target-URI"]: (
                record.headers["WARC-Record-ID"],
                record.headers["WARC-Date"],
                record.reader.read(),
            )
            for record in ArchiveIterator(
                io.BytesIO(dumps[name]), record_types=WarcRecordType.response, parse_http=False
            )
        }
        for name in ("web/demo-00000.warc.gz", "web/demo-00001.warc.gz")
    )
    shared = set(first) & set(second)
    assert [address.rsplit("/", 1)[1] for address in shared] == ["twice-crawled"]
    assert all(first[address] == second[address] for address in shared)


def test_no_own_text_is_forgotten():
    used = {document.text for document in planted_documents()} | {"muehle", "shancun"}
    used |= {text for texts in OWN_TEXTS.values() for text in texts}
    assert set(own_texts()) <= used


def test_written_files_are_what_was_composed(tmp_path, dumps):
    assert make_dumps(tmp_path / "in", SMALL) == sorted(dumps)
    for name, content in dumps.items():
        assert (tmp_path / "in" / name).read_bytes() == content
    make_dumps(tmp_path / "in", SMALL)  # again into the same folder


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "thesis").write_text("mine")
    with pytest.raises(ConfigError, match="thesis"):
        make_dumps(tmp_path, SMALL)
    with pytest.raises(ConfigError, match="is a file"):
        make_dumps(tmp_path / "thesis", SMALL)
