import pyarrow.fs
import pytest

from schemas.object_store import connect, is_remote, split_query


def test_a_uri_is_told_from_a_path():
    assert is_remote("s3://bucket/folder") and is_remote("file:///folder")
    assert not is_remote("/a/folder") and not is_remote("c:/folder")


def test_options_are_split_off():
    assert split_query("s3://bucket/a/") == ("s3://bucket/a", "")
    assert split_query("s3://bucket/a?x=1&y=2") == ("s3://bucket/a", "?x=1&y=2")


def test_a_client_is_made_once(tmp_path):
    files, path = connect(f"file://{tmp_path}")
    assert isinstance(files, pyarrow.fs.LocalFileSystem) and path == str(tmp_path)
    assert connect(f"file://{tmp_path}")[0] is files
    with pytest.raises(pyarrow.ArrowInvalid):
        connect("nonsense://host/path")
