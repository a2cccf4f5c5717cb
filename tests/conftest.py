"""Fixtures shared by all tests: one lazy Spark session, and the real dumps where they exist."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# A first call compiles a kernel, and a build machine is busy: time limits per example mislead.
# A build is judged by the same examples each time; everyone else looks for new ones.
settings.register_profile("corpusmill", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("corpusmill")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real dumps; the test is skipped where it is absent."""
    folder = Path(os.environ.get("CORPUSMILL_SHARED_DATA", SHARED_DATA))
    if not folder.is_dir():
        pytest.skip(f"no real dumps at {folder}")
    return folder


@pytest.fixture(scope="session")
def spark() -> Iterator[object]:
    """One local session for the whole run."""
    from pipeline.spark.session import SparkParams, open_session

    with open_session("tests", SparkParams(master="local[2]", partitions=4)) as session:
        yield session


@pytest.fixture(scope="session")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of small dumps."""
    from tests.small_dumps import write_dumps

    return write_dumps(tmp_path_factory.mktemp("dumps"))


@pytest.fixture(scope="session")
def corpus(spark: object, dumps: Path, tmp_path_factory: pytest.TempPathFactory) -> object:
    """The build of those dumps, and its folder. Tests read it and leave it as it is."""
    from pipeline.corpus import build_corpus, plan
    from tests.small_dumps import configure

    output = tmp_path_factory.mktemp("corpus") / "out"
    config = configure(dumps, output)
    return build_corpus(spark, config, plan(config)), output
