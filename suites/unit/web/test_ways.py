"""Who may send a form, and where a log-in may lead."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sut.problems import Problem
from sut.web.messages import CROSS_SITE
from sut.web.ways import next_query, refuse_cross_site, safe_next

pytestmark = pytest.mark.objective("sec-input")

OURS = "https://soccerai.example"
HOST = {"host": "soccerai.example"}


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"origin": OURS},
        {"sec-fetch-site": "same-origin", "origin": "null"},
    ],
)
def test_a_form_of_our_own_pages_is_taken(headers: dict[str, str]) -> None:
    refuse_cross_site("POST", HOST | headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": "https://soccerai.example.evil.example"},
        {"origin": "https://soccerai.example:8443"},
        {"origin": "https://[soccerai.example"},
        {"sec-fetch-site": "cross-site", "origin": OURS},
        {"sec-fetch-site": "same-site", "origin": OURS},
        {"sec-fetch-site": "", "origin": OURS},
    ],
)
def test_a_form_that_none_of_our_pages_sent_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Problem) as refusal:
        refuse_cross_site("POST", HOST | headers)
    assert refusal.value.type is CROSS_SITE


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_a_page_needs_no_proof(method: str) -> None:
    refuse_cross_site(method, HOST | {"sec-fetch-site": "cross-site"})


@given(st.text(alphabet=st.sampled_from("/\\:@.?#%&=abc09\t\n\r \x00") | st.characters()))
def test_whatever_is_asked_for_a_log_in_stays_on_this_site(address: str) -> None:
    onward = safe_next(address)
    # browsers read a backslash as a slash and drop control characters before they look
    read = "".join(c for c in onward.replace("\\", "/") if c not in "\t\r\n")
    assert urlsplit(urljoin(OURS + "/login", read)).netloc == "soccerai.example"


@pytest.mark.parametrize("address", ["/account", "/leaderboard?cursor=abc", "/?week=2026-08-10"])
def test_a_page_of_ours_is_where_a_log_in_leads(address: str) -> None:
    assert safe_next(address) == address
    assert next_query(address).startswith("?next=%2F")


@pytest.mark.parametrize("address", ["//evil.example", "/\\evil.example", "https://x.example", ""])
def test_anything_else_leads_to_the_fixtures(address: str) -> None:
    assert safe_next(address) == "/"
    assert next_query(address) == ""
