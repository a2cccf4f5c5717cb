"""Exit codes are part of the contract with schedulers."""

from schemas.errors import ConfigError, DataError, RecordError, ShardError, explain_storage


def test_only_a_wrong_configuration_exits_with_2():
    assert ConfigError("x").exit_code == 2
    assert {error("x").exit_code for error in (DataError, ShardError, RecordError)} == {1}


def test_a_record_error_says_where():
    assert RecordError("bad chunk", offset=12).offset == 12


def test_what_the_storage_refused_is_one_line():
    assert explain_storage(OSError(28, "No space left on device", "/d")) == (
        "/d: No space left on device; free some space there, then start again"
    )
    copied = OSError(28, "No space left on device", "/from/a", None, "/to/b")
    assert explain_storage(copied) == (
        "/to/b: No space left on device; free some space there, then start again"
    )
    taken = OSError(17, "File exists", "/run")
    assert explain_storage(taken) == (
        "/run: File exists; a folder is needed there: choose another one"
    )
    copied = OSError(5, "Input/output error", "/from/a", None, "/to/b")
    assert explain_storage(copied) == "/from/a -> /to/b: Input/output error"
    assert explain_storage(OSError("gone")) == "storage: gone"
