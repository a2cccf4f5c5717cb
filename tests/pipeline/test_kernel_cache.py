"""Compiled kernels are never older than the code they were made of."""

import os
import subprocess
import sys
from pathlib import Path

from pipeline import _kernel_cache


def test_any_change_of_any_source_is_another_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    package = tmp_path / "package"
    package.mkdir()
    (package / "a.py").write_text("x = 1")
    first = _kernel_cache(package)
    assert _kernel_cache(package) == first
    (package / "a.py").write_text("x = 2")
    changed = _kernel_cache(package)
    (package / "b.py").write_text("")
    assert len({first, changed, _kernel_cache(package)}) == 3
    assert first.is_relative_to(tmp_path / "cache")


def test_a_home_that_cannot_be_written_is_passed_over(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert not _kernel_cache(tmp_path).is_relative_to(tmp_path / "file")


def test_numba_uses_the_folder_also_when_it_was_imported_before(tmp_path):
    code = (
        "import numba, pipeline, os; print(numba.config.CACHE_DIR, os.environ['NUMBA_CACHE_DIR'])"
    )
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    environment.pop("NUMBA_CACHE_DIR", None)
    root = Path(__file__).resolve().parents[2]
    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert said[0] == said[1]
    assert said[0].startswith(str(tmp_path))
