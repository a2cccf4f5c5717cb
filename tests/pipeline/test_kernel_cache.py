"""Compiled kernels are never older than the code they were made of."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pipeline
from pipeline import _kernel_cache

SHAPES = {"pipeline.stage"}  # of it a kernel takes classes, no constants
KERNEL = "\nfrom numba import njit\n"


def test_any_change_beside_a_kernel_is_another_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    package = tmp_path / "package"
    (package / "text").mkdir(parents=True)
    (package / "text" / "kernel.py").write_text(KERNEL)
    (package / "text" / "tables.py").write_text("x = 1")
    first = _kernel_cache(package)
    assert _kernel_cache(package) == first
    (package / "text" / "tables.py").write_text("x = 2")
    changed = _kernel_cache(package)
    (package / "text" / "more.py").write_text("")
    assert len({first, changed, _kernel_cache(package)}) == 3
    assert first.is_relative_to(tmp_path / "cache")


def test_a_change_where_no_kernel_is_compiles_nothing_again(tmp_path):
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "kernel.py").write_text(KERNEL)
    first = _kernel_cache(tmp_path)
    (tmp_path / "corpus.py").write_text("x = 1")
    assert _kernel_cache(tmp_path) == first


def test_kernels_take_nothing_from_folders_without_kernels():
    root = Path(pipeline.__file__).parent
    kernels = [path for path in root.rglob("*.py") if "\nfrom numba " in path.read_text()]
    folders = {path.parent.relative_to(root.parent).as_posix() for path in kernels}
    for path in kernels:
        taken = re.findall(r"^(?:from|import) (pipeline[.\w]*)", path.read_text(), re.M)
        homes = {name.rpartition(".")[0].replace(".", "/") for name in {*taken} - SHAPES}
        assert homes <= folders, f"{path}: the cache would not see a change in {homes - folders}"


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
