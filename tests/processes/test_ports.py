"""Ports are looked at before anything starts."""

import socket

import pytest

from processes.errors import StartError
from processes.ports import listen, require_free
from tests.real.processes import free_port


def test_a_port_in_use_names_the_setting_that_changes_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(StartError, match=rf"Port {port} .* in use .* VENTANILLA_TEMPORAL_PORT"):
            require_free(port, "VENTANILLA_TEMPORAL_PORT")


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(StartError, match=r"Cannot listen on 203\.0\.113\.1"):
        listen("203.0.113.1", free_port(), "VENTANILLA_PORT")


def test_a_port_is_ours_from_the_moment_we_listen() -> None:
    port = free_port()
    with listen("127.0.0.1", port, "VENTANILLA_PORT"), pytest.raises(StartError):
        listen("127.0.0.1", port, "VENTANILLA_PORT")
    require_free(port, "VENTANILLA_PORT")
