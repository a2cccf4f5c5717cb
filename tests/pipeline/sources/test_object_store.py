"""Dumps in an object store: the S3 path through a local server, credentials and all."""

import gzip
import hashlib
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.config import CorpusConfig
from pipeline.corpus import Built, build_corpus, plan
from pipeline.sources.compression import Codec, Decompressed
from pipeline.sources.inputs import Format, InputParams
from pipeline.sources.readers import read_file
from pipeline.sources.recognise import scan
from pipeline.sources.selection import select_files
from pipeline.sources.spark_source import register
from pipeline.sources.storage import list_files, open_file
from pipeline.spark.tables import checksums
from schemas.config import build_config
from schemas.errors import ConfigError, DataError
from tests.pipeline.sources.object_store import ACCESS, SECRET, ObjectStore, open_object_store
from tests.pipeline.sources.warc_writer import http, members, record
from tests.small_dumps import configure

SECRETS = (ACCESS, SECRET, SECRET.replace("/", "%2F").replace("+", "%2B"))
LINES = "".join(json.dumps({"text": f"story {n}"}) + "\n" for n in range(50)).encode()


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    with open_object_store() as opened:
        opened.write("dumps/news/a.jsonl.gz", gzip.compress(LINES))
        opened.write("dumps/news/b.jsonl", LINES)
        opened.write("dumps/web/c.warc.gz", members([record(http(), number=n) for n in range(3)]))
        opened.write("dumps/web/empty.jsonl", b"")
        opened.write("other/d.jsonl", LINES)
        yield opened


def test_a_folder_is_listed_and_its_files_are_read(store: ObjectStore) -> None:
    root, files = list_files(store.uri("dumps/"))
    assert [(file.path, file.size) for file in files][1:2] == [("news/b.jsonl", len(LINES))]
    assert [file.path for file in files] == [
        "news/a.jsonl.gz", "news/b.jsonl", "web/c.warc.gz", "web/empty.jsonl",
    ]  # fmt: skip
    with open_file(root, "news/b.jsonl") as stored:
        stored.seek(10)
        assert stored.read(20) == LINES[10:30]
        stored.seek(1 << 40)  # as on a local disk
        assert stored.read(1) == b""
    with open_file(root, "news/a.jsonl.gz") as stored:
        assert Decompressed(stored, Codec.GZIP).read() == LINES


def test_one_object_lies_in_its_folder(store: ObjectStore) -> None:
    root, files = list_files(store.uri("dumps/news/b.jsonl"))
    assert [file.path for file in files] == ["b.jsonl"]
    with open_file(root, "b.jsonl") as stored:
        assert stored.read() == LINES


def test_globs_cross_folders(store: ObjectStore) -> None:
    selection = select_files(Format.JSONL, {"path": store.uri("dumps/*/*.jsonl*")})
    assert [file.path for file in selection.files] == [
        "news/a.jsonl.gz", "news/b.jsonl", "web/empty.jsonl",
    ]  # fmt: skip


def test_the_scan_finds_what_it_finds_on_a_disk(store: ObjectStore, tmp_path: Path) -> None:
    for file in list_files(store.uri("dumps"))[1]:
        place = tmp_path / file.path
        place.parent.mkdir(exist_ok=True)
        with open_file(store.uri("dumps"), file.path) as stored:
            place.write_bytes(stored.read())
    there, here = scan(store.uri("dumps"), ()), scan(str(tmp_path), ())
    assert there.unrecognised == here.unrecognised
    assert [file.model_dump(exclude={"modified_ns"}) for file in there.files] == [
        file.model_dump(exclude={"modified_ns"}) for file in here.files
    ]
    for file, same in zip(there.files, here.files, strict=True):
        rows = [list(read_file(root.root, each, InputParams())) for root, each in
                ((there, file), (here, same))]  # fmt: skip
        assert rows[0] == rows[1]


def test_what_is_not_there_and_what_refuses_is_one_line_without_credentials(
    store: ObjectStore,
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = store.uri("dumps").rpartition(":")[0] + f":{free.getsockname()[1]}"
    started = time.monotonic()
    for uri, reason in (
        (store.uri("nowhere"), "no such file or folder"),
        (closed, "cannot be listed: .*[Cc]onnect"),
        (store.uri("dumps").replace("%2F", "/"), "cannot be listed"),
    ):
        with pytest.raises(ConfigError, match=f"^input s3://bucket/[^\n]*{reason}[^\n]*$") as told:
            list_files(uri)
        assert not any(secret in str(told.value) for secret in SECRETS)
    assert time.monotonic() - started < 30


def test_a_store_that_fails_while_it_is_read_is_no_broken_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(LINES))
    (file,) = scan(str(tmp_path), ()).files

    class Failing:
        def read(self, size: int = -1) -> bytes:
            raise OSError("connection reset")

        def seek(self, offset: int, whence: int = 0) -> int:
            return offset

        def tell(self) -> int:
            return 0

        def close(self) -> None:
            """Nothing to close."""

    monkeypatch.setattr(Path, "open", lambda *_: Failing())
    with pytest.raises(DataError, match=r"a\.jsonl\.gz: the storage fails: connection reset"):
        list(read_file(str(tmp_path), file, InputParams()))


def test_credentials_in_an_output_are_refused(store: ObjectStore) -> None:
    with pytest.raises(ConfigError, match="holds credentials") as told:
        build_config(CorpusConfig, {"input": "/in", "output": store.uri("out")}, where="test")
    assert not any(secret in str(told.value) for secret in SECRETS)


@pytest.mark.spark
def test_checksums_and_documents_come_through_spark(spark, store: ObjectStore) -> None:
    uri = store.uri("dumps")
    found = checksums(spark, uri, ["news/b.jsonl"])
    assert found == {"news/b.jsonl": hashlib.sha256(LINES).hexdigest()}
    register(spark)
    frame = spark.read.format("jsonl").load(store.uri("dumps/news/*.jsonl.gz"))
    assert sorted(row["text"] for row in frame.collect())[:2] == ["story 0", "story 1"]


@pytest.mark.spark
@pytest.mark.slow
def test_a_corpus_from_an_object_store_is_the_one_from_a_disk(
    spark,
    corpus: tuple[Built, Path],
    dumps: Path,
    store: ObjectStore,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    store.upload(dumps, "whole")
    config = configure(dumps, tmp_path / "out").model_copy(
        update={"input": store.uri("whole"), "name": None}
    )
    built = build_corpus(spark, config, plan(config))
    assert built.manifest == corpus[0].manifest
    owner = json.loads((tmp_path / "out" / "corpus.json").read_text())["name"]
    assert owner.startswith("s3://bucket/whole?region=us-east-1&scheme=http&endpoint_override=")
    for folder, _, names in os.walk(tmp_path / "out"):
        for name in names:
            content = (Path(folder) / name).read_bytes()
            assert not any(secret.encode() in content for secret in SECRETS), name
    told = capfd.readouterr()
    assert not any(secret in told.out + told.err for secret in SECRETS)
