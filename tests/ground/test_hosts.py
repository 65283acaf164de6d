"""Which hosts an operator lists, and which addresses belong to whom."""

import pytest

from ground.hosts import Host, is_public, may_be_private, parse_hosts, parse_mapping


def test_a_list_says_scheme_port_and_place() -> None:
    assert parse_hosts(
        "api.example.com, API.example.com:8443,http://core.example.internal:8080=10.0.0.5,"
        "crm.example.internal=private, 10.0.0.9, http://[::1]:81"
    ) == (
        Host("api.example.com"),
        Host("api.example.com", port=8443),
        Host("core.example.internal", "http", 8080, "10.0.0.5"),
        Host("crm.example.internal", private=True),
        Host("10.0.0.9", address="10.0.0.9"),
        Host("::1", "http", 81, "::1"),
    )


def test_an_empty_list_lists_nobody() -> None:
    assert parse_hosts("") == parse_hosts(" , ") == ()


@pytest.mark.parametrize(
    "entry",
    [
        "https://api.example.com/path",
        "ftp://example.com",
        "*.example.com",
        "user@example.com",
        "example.com:0",
        "example.com:99999",
        "example.com=somewhere",
        "[example.com]",
        "-example.com",
    ],
)
def test_what_is_no_host_is_refused_by_name(entry: str) -> None:
    with pytest.raises(ValueError, match=r"is not|port|after"):
        parse_hosts(f"fine.org,{entry}")


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
        "::ffff:10.0.0.1", "::ffff:93.184.215.14", "64:ff9b::a00:1", "2002:a00:1::1",
    ],
)  # fmt: skip
def test_all_others_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "::1", "fd12::1", "93.184.215.14"])
def test_a_private_host_may_be_anywhere_inside(address: str) -> None:
    assert may_be_private(address)


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "fe80::1", "fd00:ec2::254", "100.100.100.200", "224.0.0.1", "0.0.0.0"],
)
def test_but_never_where_machines_get_their_credentials(address: str) -> None:
    assert not may_be_private(address)


def test_a_mapping_says_which_address_stands_in() -> None:
    assert parse_mapping(["Petstore.swagger.io=127.0.0.1:8081", "example.com=[::1]:80"]) == {
        "petstore.swagger.io": "127.0.0.1:8081",
        "example.com": "[::1]:80",
    }


@pytest.mark.parametrize("entry", ["example.com", "=127.0.0.1:1", "example.com=elsewhere.org:80"])
def test_a_mapping_needs_a_host_and_an_address(entry: str) -> None:
    with pytest.raises(ValueError, match="is not HOST=ADDRESS"):
        parse_mapping([entry])
