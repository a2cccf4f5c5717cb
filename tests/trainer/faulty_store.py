"""An object store that fails as it is told: a proxy before moto, in this process."""

import http.client
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread

from tests.pipeline.sources.object_store import ACCESS, ObjectStore, open_object_store

_SILENCE = 4.0  # seconds


class FaultyStore:
    """A bucket behind the proxy.

    Attributes:
        faults: by the end of an object's name, what its next reads meet, first one first: ``500``,
            ``cut`` (half the body, then the connection ends), ``stall`` (half the body, then
            nothing), ``slow`` (in small pieces), ``flip`` (one bit differs), ``short`` (half the
            body, and said to be all).
        reads: how often each object's content was asked for.
    """

    def __init__(self, store: ObjectStore, port: int) -> None:
        self.store, self._port = store, port
        self.faults: dict[str, list[str]] = {}
        self.reads: Counter[str] = Counter()
        self.over = Event()
        self._lock = Lock()

    def uri(self, path: str) -> str:
        """URI of a path in the bucket, by way of the proxy."""
        options = f"region=us-east-1&scheme=http&endpoint_override=127.0.0.1:{self._port}"
        return f"s3://{ACCESS}:secret@bucket/{path}?{options}"

    def upload(self, folder: Path, to: str) -> None:
        """Put all files of a folder into the bucket."""
        self.store.upload(folder, to)

    def next_fault(self, path: str) -> str | None:
        """Count a read, and take its fault off the list."""
        with self._lock:
            self.reads[path.removeprefix("/bucket/")] += 1
            for ending, faults in self.faults.items():
                if path.endswith(ending) and faults:
                    return faults.pop(0)
        return None


@contextmanager
def open_faulty_store() -> Iterator[FaultyStore]:
    """A fresh store that is gone behind the block."""
    with open_object_store() as store:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Proxy)
        server.daemon_threads = True
        faulty = FaultyStore(store, server.server_address[1])
        server.store = faulty  # type: ignore[attr-defined]
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield faulty
        finally:
            # Arrow makes no new client while a read of an old one waits: let it go.
            faulty.over.set()
            server.shutdown()
            server.server_close()


class _Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self._forward()

    def do_GET(self):
        self._forward()

    def _forward(self):
        faulty = self.server.store
        path = self.path.partition("?")[0]
        is_read = self.command == "GET" and "list-type" not in self.path
        fault = faulty.next_fault(path) if is_read else None
        if fault == "500":
            body = b"<Error><Code>InternalError</Code><Message>broken</Message></Error>"
            self.send_response(500)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        back = http.client.HTTPConnection("127.0.0.1", faulty.store.port)
        back.request(self.command, self.path, headers=dict(self.headers))
        answer = back.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        half = len(body) // 2
        for name, value in answer.getheaders():
            if name.lower() == "content-length" and fault == "short":
                value = str(half)
            if name.lower() not in ("connection", "transfer-encoding", "server", "date"):
                self.send_header(name, value)
        self.end_headers()
        try:
            self._send(body, fault, faulty.over)
        except OSError:  # the reader has left
            self.close_connection = True

    def _send(self, body, fault, over):
        half = len(body) // 2
        if fault in ("cut", "stall", "short"):
            self.wfile.write(body[:half])
            self.wfile.flush()
            if fault == "stall":
                over.wait(_SILENCE)
            self.close_connection = True
        elif fault == "slow":
            for at in range(0, len(body), 1000):
                self.wfile.write(body[at : at + 1000])
                self.wfile.flush()
                time.sleep(0.01)
        elif fault == "flip":
            self.wfile.write(body[:-1] + bytes([body[-1] ^ 1]))
        elif self.command != "HEAD":
            self.wfile.write(body)
