"""Where numba keeps compiled kernels: a folder named by the digest of their sources."""

import hashlib
import os
import sys
import tempfile
from pathlib import Path

_PACKAGES = ("pipeline", "trainer")


def kernel_cache(root: Path) -> Path:
    """Folder for the kernels of the packages in ``root``, named by the digest of all sources in
    folders with kernels.

    numba recompiles a kernel when its own file changes, but not when a function or a table that
    it took from another file does; it would go on with the old one.
    """
    files = [path for name in _PACKAGES for path in sorted((root / name).rglob("*.py"))]
    sources = {path: path.read_bytes() for path in files}
    folders = {path.parent for path, source in sources.items() if b"\nfrom numba " in source}
    digest = hashlib.sha256()
    for path, source in sources.items():
        if path.parent in folders:
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + source)
    name = f"kernels-{digest.hexdigest()[:16]}"
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "corpusmill"
    try:
        home.mkdir(parents=True, exist_ok=True)
        writable = os.access(home, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        home = Path(tempfile.gettempdir()) / f"corpusmill-{os.getuid()}"
    return home / name


def use_kernel_cache() -> None:
    """Point numba to that folder, imported or not, unless the environment names another.

    Inside a zip (code sent to executors) numba finds a place of its own.
    """
    if "NUMBA_CACHE_DIR" not in os.environ and Path(__file__).is_file():
        os.environ["NUMBA_CACHE_DIR"] = str(kernel_cache(Path(__file__).parents[1]))
        if "numba" in sys.modules:
            sys.modules["numba"].config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"]
