"""The hosts that the official kit calls, as far as it calls them: a pet store and a log-in."""

import json
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

HOSTS = ("petstore.swagger.io", "httpbin.org")
PETS = [
    {"id": 1, "name": "Milou", "status": "available", "photoUrls": []},
    {"id": 2, "name": "Idéfix", "status": "sold", "photoUrls": []},
]
OPENAPI = {
    "swagger": "2.0",
    "info": {"title": "Pets", "version": "1.0.0"},
    "host": "petstore.swagger.io",
    "basePath": "/v2",
    "schemes": ["https"],
    "paths": {
        "/pet/findByStatus": {
            "get": {
                "operationId": "findPetsByStatus",
                "parameters": [{"name": "status", "in": "query", "type": "string"}],
                "responses": {"200": {"description": "pets"}},
            }
        },
        "/pet/{petId}": {
            "get": {
                "operationId": "getPetById",
                "parameters": [
                    {"name": "petId", "in": "path", "type": "integer", "required": True}
                ],
                "responses": {"200": {"description": "a pet"}},
            }
        },
    },
}


class Handler(BaseHTTPRequestHandler):
    """Answers for every host."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        status, body = self.answer()
        written = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        self.wfile.write(written)

    def answer(self) -> tuple[int, Any]:
        """The status and the body."""
        url = urlsplit(self.path)
        parts = url.path.strip("/").split("/")
        if parts[0] == "basic-auth":
            wanted = ":".join(parts[1:3])
            given = self.headers.get("Authorization", "").removeprefix("Basic ")
            fits = given and b64decode(given).decode() == wanted
            return (200, {"authenticated": True}) if fits else (401, {})
        if url.path == "/v2/swagger.json":
            return 200, OPENAPI
        if url.path == "/v2/pet/findByStatus":
            status = parse_qs(url.query).get("status")
            return 200, [pet for pet in PETS if [pet["status"]] == status]
        found = [pet for pet in PETS if url.path == f"/v2/pet/{pet['id']}"]
        return (200, found[0]) if found else (404, {"message": "Pet not found"})

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def stub_hosts() -> Iterator[dict[str, str]]:
    """Serve the hosts on loopback; where each of them is."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield dict.fromkeys(HOSTS, f"127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
