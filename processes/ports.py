"""Ports that must be free before anything starts."""

import errno
import socket

from processes.errors import StartError


def listen(host: str, port: int, variable: str) -> socket.socket:
    """A socket that listens already; raises `StartError` that names the setting to change."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    # Without this, a restart would have to wait until old connections have faded away.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise StartError(refused(host, port, variable, error)) from None
    return listener


def require_free(port: int, variable: str) -> None:
    """Raise `StartError` if something on this machine listens on the port already."""
    listen("127.0.0.1", port, variable).close()


def refused(host: str, port: int, variable: str, error: OSError) -> str:
    """The sentence that says why a port is not to be had."""
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is in use by another program. Choose another with {variable}."
        )
    return f"Cannot listen on {host}, port {port} ({variable}): {error.strerror or error}."
