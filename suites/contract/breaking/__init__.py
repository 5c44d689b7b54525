"""Each rule by example: an older document, a newer one that breaks, and one that does not."""

from __future__ import annotations

from suites.contract.breaking import answers, bounds, operations, parameters, requests

EXAMPLES = {
    name: example
    for module in (operations, parameters, requests, answers, bounds)
    for name, example in module.EXAMPLES.items()
}
