import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ConfigError, DataError, RecordError
from schemas.redaction import has_credentials, redact


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("s3://AKIA:se%2Fcret@bucket/a?region=x", "s3://bucket/a?region=x"),
        ("s3://AKIA:se/cret@bucket/a", "s3://bucket/a"),
        ("s3://AKIA:se?cret@bucket/a", "s3://bucket/a"),
        (
            "abfss://:pass@account.blob.core.windows.net/a",
            "abfss://account.blob.core.windows.net/a",
        ),
        ("s3://b/a?access_key=A&region=x&secret_key=B", "s3://b/a?region=x"),
        ("s3://b/a?secret_key=B: cannot be listed", "s3://b/a: cannot be listed"),
        ("IN='s3://u:p@b/a' and 's3://u:q@c'", "IN='s3://b/a' and 's3://c'"),
        ("s3://b/a?X-Amz-Signature=abc&sig=def&region=x)", "s3://b/a?region=x)"),
        ("hdfs://user@host:9000/data", "hdfs://host:9000/data"),
        ("hdfs://host:9000/data@2020/x?replication=2", None),
        ("s3://AKIA:12/34@bucket/a", "s3://bucket/a"),
        ("s3://bucket/a@b/c?endpoint_override=localhost:9000&scheme=http", None),
        ("/local/folder: no such file", None),
        ("C: a@b", None),
    ],
)
def test_credentials_go_and_all_else_stays(text: str, wanted: str | None) -> None:
    assert redact(text) == (text if wanted is None else wanted)
    assert has_credentials(text) is (wanted is not None)


@given(st.text("abcAB12/+=%", min_size=4, max_size=40).filter(lambda secret: secret[0] != "/"))
def test_no_secret_key_survives_in_an_error(secret: str) -> None:
    secret = f"x9{secret}y8"
    for uri in (f"s3://AKIA:{secret}@bucket/a", f"s3://bucket/a?secret_key={secret}"):
        for error in (ConfigError, DataError, RecordError):
            told = str(error(f"IN={uri}: cannot be listed"))
            assert secret not in told and "x9" not in told
            assert told.endswith("bucket/a: cannot be listed")


@given(st.text())
def test_what_is_redacted_once_stays(text: str) -> None:
    assert redact(redact(text)) == redact(text)
