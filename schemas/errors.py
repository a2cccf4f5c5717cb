"""Errors, named by what the operator should do about them.

A job turns each of these into one line on standard error and an exit code; a stack
trace is reserved for our own mistakes.
"""

import errno

from schemas.redaction import redact


class CorpusMillError(Exception):
    """Any failure that we can explain. ``exit_code`` is what the job returns.

    Credentials in a URI of the message are left out.
    """

    exit_code = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(redact(message))


class ConfigError(CorpusMillError):
    """Fix the configuration file or the command line, then start again."""

    exit_code = 2


class DataError(CorpusMillError):
    """A contract is broken (schema, ledger, checksum of our own tables): stop."""


class ShardError(CorpusMillError):
    """A token shard or its manifest cannot be trusted: refuse it, by name."""


class RecordError(CorpusMillError):
    """One input record cannot be read: count it, write its ledger row, go on.

    ``offset`` is the position in the file where reading failed, in bytes of the file as
    stored where the format allows it, otherwise in bytes of the decompressed stream.
    """

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


def explain_storage(error: OSError) -> str:
    """One line on what the storage refused: a full disk, a missing permission, a taken name."""
    names = [str(name) for name in (error.filename, error.filename2) if name]  # of a copy both
    advice = ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):  # where it was written, not what was read
        names, advice = names[-1:], "; free some space there, then start again"
    elif error.errno in (errno.EEXIST, errno.ENOTDIR):
        advice = "; a folder is needed there: choose another one"
    where = " -> ".join(names) or "storage"
    return redact(f"{where}: {error.strerror or error}{advice}")
