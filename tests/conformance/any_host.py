"""One host in the place of all: it takes whatever the official examples send, and answers alike."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

OPERATIONS = ("findPetsByStatus", "logreading", "produceReport")
ANSWER = {"id": 1, "petId": 1, "name": "Milou", "homeworld": "https://swapi.dev/api/planets/1/"}
PARAMETERS = [{"name": "status", "in": "query"}]
DOCUMENT = {
    "openapi": "3.1.0",
    "paths": {
        f"/{name}": {
            "get": {"operationId": name, "parameters": [{"name": "status", "in": "query"}]}
        }
        for name in OPERATIONS
    },
}


class Handler(BaseHTTPRequestHandler):
    """Answers with a document of operations where one is asked for, else with one thing."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        """Take what was sent, and answer."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found: Any = DOCUMENT if self.path.endswith(".json") else ANSWER
        written = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        self.wfile.write(written)

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def any_host() -> Iterator[str]:
    """Serve on loopback; the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
