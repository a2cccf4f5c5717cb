"""Compiled kernels are never older than the code they were made of."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import schemas
from schemas.kernel_cache import kernel_cache

SHAPES = {"pipeline.stage"}  # of it a kernel takes classes, no constants
KERNEL = "\nfrom numba import njit\n"


def test_any_change_beside_a_kernel_is_another_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    package = tmp_path / "trainer"
    (package / "text").mkdir(parents=True)
    (package / "text" / "kernel.py").write_text(KERNEL)
    (package / "text" / "tables.py").write_text("x = 1")
    first = kernel_cache(tmp_path)
    assert kernel_cache(tmp_path) == first
    (package / "text" / "tables.py").write_text("x = 2")
    changed = kernel_cache(tmp_path)
    (package / "text" / "more.py").write_text("")
    assert len({first, changed, kernel_cache(tmp_path)}) == 3
    assert first.is_relative_to(tmp_path / "cache")


def test_a_change_where_no_kernel_is_compiles_nothing_again(tmp_path):
    package = tmp_path / "pipeline"
    (package / "text").mkdir(parents=True)
    (package / "text" / "kernel.py").write_text(KERNEL)
    first = kernel_cache(tmp_path)
    (package / "corpus.py").write_text("x = 1")
    assert kernel_cache(tmp_path) == first


def test_kernels_take_nothing_from_folders_without_kernels():
    root = Path(schemas.__file__).parents[1]
    files = [path for name in ("pipeline", "trainer") for path in (root / name).rglob("*.py")]
    kernels = [path for path in files if "\nfrom numba " in path.read_text()]
    folders = {path.parent.relative_to(root).as_posix() for path in kernels}
    for path in kernels:
        taken = re.findall(r"^(?:from|import) ((?:pipeline|trainer)[.\w]*)", path.read_text(), re.M)
        homes = {_folder_of(root, name) for name in {*taken} - SHAPES}
        assert homes <= folders, f"{path}: the cache would not see a change in {homes - folders}"


def test_a_home_that_cannot_be_written_is_passed_over(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert not kernel_cache(tmp_path).is_relative_to(tmp_path / "file")


@pytest.mark.parametrize("package", ["pipeline", "trainer"])
def test_numba_uses_the_folder_also_when_it_was_imported_before(tmp_path, package):
    code = (
        f"import numba, {package}, os; print(numba.config.CACHE_DIR, os.environ['NUMBA_CACHE_DIR'])"
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


def _folder_of(root, name):
    """Folder of a module; of a package (``from pipeline.measures import pii``) its own."""
    place = name.replace(".", "/")
    return place if (root / place).is_dir() else place.rpartition("/")[0]
