"""A local object store for tests: moto in this process, on a free port."""

import http.client
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pyarrow.fs
from moto.server import ThreadedMotoServer

SECRET = "x9/secret+y8"
ACCESS = "AKIAEXAMPLE"


class ObjectStore:
    """A bucket, its URIs and what they hold."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._options = f"region=us-east-1&scheme=http&endpoint_override=127.0.0.1:{port}"
        self.files = pyarrow.fs.S3FileSystem(
            access_key=ACCESS,
            secret_key=SECRET,
            region="us-east-1",
            scheme="http",
            endpoint_override=f"127.0.0.1:{port}",
            allow_bucket_creation=True,
        )
        self.files.create_dir("bucket")

    def uri(self, path: str) -> str:
        """URI of a path in the bucket, with credentials and options in it."""
        secret = SECRET.replace("/", "%2F").replace("+", "%2B")
        return f"s3://{ACCESS}:{secret}@bucket/{path}?{self._options}"

    def upload(self, folder: Path, to: str) -> None:
        """Put all files of a folder into the bucket."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.write(f"{to}/{path.relative_to(folder).as_posix()}", path.read_bytes())

    def write(self, path: str, content: bytes) -> None:
        """Put one object into the bucket.

        Not by Arrow: before each body it waits a second for a "100 Continue" that moto never says.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        signed = {"Authorization": f"AWS {ACCESS}:unchecked"}
        connection.request("PUT", f"/bucket/{quote(path)}", body=content, headers=signed)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.status == 200, answer.reason


@contextmanager
def open_object_store() -> Iterator[ObjectStore]:
    """A fresh store that is gone behind the block."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        yield ObjectStore(server.get_host_and_port()[1])
    finally:
        server.stop()
