"""What a failed Spark job means to the operator."""

import re

import schemas.errors
from schemas.errors import CorpusMillError, DataError

_OURS = re.compile(r"^(?:schemas\.errors\.)(\w+Error): (.+)$", re.MULTILINE)
_MACHINE = (
    "No space left on device",
    "Disk quota exceeded",
    "Permission denied",
    "Read-only file system",
    "OutOfMemoryError",
    "Cannot allocate memory",
    "exceeding memory limits",
    "Connection refused",
    "Failed to connect to master",
    "All masters are unresponsive",
)


def explain_failure(error: BaseException) -> CorpusMillError | None:
    """The error of ours that a Spark failure carries, or the complaint of the machine that it is
    about; ``None`` when it is neither, which means a defect whose trace is worth reading.

    >>> str(explain_failure(RuntimeError("x\\nschemas.errors.DataError: texts.text: 1 nulls\\ny")))
    'texts.text: 1 nulls'
    >>> print(explain_failure(RuntimeError("unheard of")))
    None
    """
    text = str(error)
    ours = _OURS.search(text)
    if ours is not None:
        kind = getattr(schemas.errors, ours[1], DataError)
        return kind(ours[2]) if issubclass(kind, CorpusMillError) else DataError(ours[2])
    for complaint in _MACHINE:
        if complaint in text:
            line = next(line for line in text.splitlines() if complaint in line)
            return DataError(
                f"Spark stopped: {line.strip()[:300]}; repair that and run the same command "
                "again, what is committed is kept"
            )
    return None
