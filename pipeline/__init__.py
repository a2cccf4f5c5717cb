"""Dumps to token shards: sources, text kernels, measures, decisions, dedup, tokens, report."""

import hashlib
import os
import sys
import tempfile
from pathlib import Path


def _kernel_cache(package: Path) -> Path:
    """Folder for compiled kernels, named by the digest of all sources in folders with kernels.

    numba recompiles a kernel when its own file changes, but not when a function or a table that
    it took from another file does; it would go on with the old one.
    """
    sources = {path: path.read_bytes() for path in sorted(package.rglob("*.py"))}
    folders = {path.parent for path, source in sources.items() if b"\nfrom numba " in source}
    digest = hashlib.sha256()
    for path, source in sources.items():
        if path.parent in folders:
            digest.update(path.relative_to(package).as_posix().encode() + b"\0" + source)
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


# Inside a zip (code sent to executors) numba finds a place of its own.
if "NUMBA_CACHE_DIR" not in os.environ and Path(__file__).is_file():
    os.environ["NUMBA_CACHE_DIR"] = str(_kernel_cache(Path(__file__).parent))
    if "numba" in sys.modules:
        sys.modules["numba"].config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"]
