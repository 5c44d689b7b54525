"""Whose request it is: the peer's address, unless a trusted proxy says otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sut.clients import UNKNOWN, TrustedProxies

pytestmark = pytest.mark.objective("sec-rate-limit")

NOBODY = TrustedProxies(())
PROXIES = TrustedProxies(("10.0.0.0/8", "2001:db8:ffff::/48"))


@given(st.lists(st.text(max_size=40), max_size=3))
def test_without_a_trusted_proxy_no_header_changes_the_address(sent: list[str]) -> None:
    assert NOBODY.client("192.0.2.1", sent) == "192.0.2.1"


@given(st.lists(st.ip_addresses(v=4).map(str), max_size=4))
def test_a_peer_that_is_no_proxy_is_not_believed(sent: list[str]) -> None:
    assert PROXIES.client("192.0.2.1", sent) == "192.0.2.1"


@pytest.mark.parametrize(
    ("sent", "client"),
    [
        (["198.51.100.7"], "198.51.100.7"),
        (["1.1.1.1, 198.51.100.7"], "198.51.100.7"),
        (["1.1.1.1", "198.51.100.7"], "198.51.100.7"),
        (["198.51.100.7, 10.0.0.9"], "198.51.100.7"),
        (["198.51.100.7, 10.0.0.9, 10.0.0.8"], "198.51.100.7"),
        (["10.0.0.9"], "10.0.0.9"),
        (["198.51.100.7, nonsense"], "10.0.0.1"),
        (["nonsense, 198.51.100.7"], "198.51.100.7"),
        ([""], "10.0.0.1"),
        ([], "10.0.0.1"),
    ],
)
def test_the_right_most_address_that_is_no_proxy_counts(sent: list[str], client: str) -> None:
    assert PROXIES.client("10.0.0.1", sent) == client


@given(forged=st.lists(st.ip_addresses(v=4).map(str), max_size=5))
def test_what_a_client_writes_itself_never_hides_what_the_proxy_saw(forged: list[str]) -> None:
    sent = [", ".join([*forged, "198.51.100.7"])]
    assert PROXIES.client("10.0.0.1", sent) == "198.51.100.7"


def test_all_addresses_of_one_ipv6_network_count_as_one() -> None:
    first = NOBODY.client("2001:db8:1:2::1", [])
    assert first == NOBODY.client("2001:db8:1:2:ffff:ffff:ffff:ffff", [])
    assert first != NOBODY.client("2001:db8:1:3::1", [])


def test_an_ipv4_address_in_ipv6_clothes_is_the_same_client() -> None:
    assert NOBODY.client("::ffff:192.0.2.1", []) == "192.0.2.1"
    assert PROXIES.client("::ffff:10.0.0.1", ["198.51.100.7"]) == "198.51.100.7"


@pytest.mark.parametrize("peer", [None, "", "testclient"])
def test_a_peer_without_an_address_shares_one_place(peer: str | None) -> None:
    assert PROXIES.client(peer, ["198.51.100.7"]) == UNKNOWN


def test_a_proxy_that_is_no_address_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match=r"proxy\.example"):
        TrustedProxies(("proxy.example",))
