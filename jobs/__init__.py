"""Entry points. Said here in one line, before any import fails: the packages are missing."""

import sys
from importlib.util import find_spec

if any(find_spec(name) is None for name in ("pydantic", "pyarrow")):
    print(
        f"error: {sys.executable} lacks the packages of this project; call `make setup`, then "
        "`source .venv/bin/activate` (or .venv/bin/python in place of python)",
        file=sys.stderr,
    )
    raise SystemExit(2)
