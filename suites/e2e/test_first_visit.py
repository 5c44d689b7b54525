"""What a first visit costs: bytes over the wire, and time until something is seen."""

from __future__ import annotations

from math import comb
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, Request

from fixtures.browser import NewContext
from fixtures.evidence import Evidence
from fixtures.live import LiveService
from suites.e2e.looking import look_at, wait_for
from sut.web.render import assets

KEPT = "caches.match('/').then((kept) => kept !== undefined)"
VISITS = 15
CONFIDENCE = 0.99
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


@pytest.mark.objective("web-bundle")
def test_a_first_visit_downloads_every_file_of_the_page(
    new_context: NewContext, live_service: LiveService, evidence: Evidence
) -> None:
    context = new_context(traced=False)
    requests: list[Request] = []
    context.on("requestfinished", lambda request: requests.append(request))
    page = context.new_page()
    page.goto(live_service.url, wait_until="networkidle")
    wait_for(page, KEPT)  # what the service worker fetches belongs to the visit
    received = {request.url: 0 for request in requests}
    for request in requests:
        received[request.url] += bytes_of(request)
    assert all(received.values()), f"files without any bytes: {received}"
    files = {urlsplit(address).path for address in received}
    assert files == {f"/static/{name}" for name in assets()} | {"/", "/service-worker.js"}
    evidence.measure("first_visit_bytes", sum(received.values()), "bytes", files=str(len(received)))


def bytes_of(request: Request) -> int:
    """What came over the wire, headers included; nothing where a cache answered."""
    sizes = request.sizes()
    size = sizes["responseHeadersSize"] + sizes["responseBodySize"]
    if request.url.endswith("/service-worker.js"):  # the browser does not tell this body's size
        size += len(httpx.get(request.url).content)
    return size


def test_a_page_that_is_an_error_or_another_one_is_not_looked_at(page: Page) -> None:
    with pytest.raises(AssertionError, match="/nowhere answers 404"):
        look_at(page, "/nowhere")
    with pytest.raises(AssertionError, match="/account led to /login"):
        look_at(page, "/account")
    look_at(page, "/")


@pytest.mark.objective("web-fcp")
def test_the_first_paint_of_fresh_visits_is_timed(
    new_context: NewContext, live_service: LiveService, evidence: Evidence
) -> None:
    paints = []
    for _ in range(VISITS):
        context = new_context(traced=False)
        page = context.new_page()
        look_at(page, live_service.url)
        paints.append(float(wait_for(page, PAINT)))
        context.close()
    paints.sort()
    low, high = median_bounds(paints, CONFIDENCE)
    assert all(paint > 0 for paint in paints)
    evidence.measure(
        "first_contentful_paint_ms",
        paints[len(paints) // 2],
        "ms",
        samples=len(paints),
        low=low,
        high=high,
        confidence=CONFIDENCE,
    )


def median_bounds(ordered: list[float], confidence: float) -> tuple[float, float]:
    """An interval that holds the median of whatever the ascending sample was drawn from.

    Exact for any distribution: the median lies outside the k-th values from either end with the
    chance of fewer than k heads, or tails, in as many throws of a coin as there are samples.
    """
    size = len(ordered)
    outside = 2 / 2**size
    assert outside <= 1 - confidence, f"{size} samples are too few for {confidence:.0%}"
    k = 1
    while outside + 2 * comb(size, k) / 2**size <= 1 - confidence:
        outside += 2 * comb(size, k) / 2**size
        k += 1
    return ordered[k - 1], ordered[size - k]


def test_the_bounds_of_a_median_are_those_of_the_table() -> None:
    # of 15 throws of a coin, fewer than 3 or more than 12 heads come with a chance of 0.7 %
    assert median_bounds([float(n) for n in range(1, 16)], 0.99) == (3.0, 13.0)
