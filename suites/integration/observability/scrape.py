"""What Prometheus would read, as values by name and labels."""

from __future__ import annotations

from dataclasses import dataclass

from httpx import AsyncClient
from prometheus_client.parser import text_string_to_metric_families

INTERNAL_PORT = 9_001


@dataclass(frozen=True)
class Scrape:
    """One reading of /metrics."""

    values: dict[tuple[str, frozenset[tuple[str, str]]], float]

    @property
    def names(self) -> set[str]:
        """The names of all samples."""
        return {name for name, _ in self.values}

    def label(self, name: str, label: str) -> set[str]:
        """Every value that a label takes."""
        return {dict(labels)[label] for one, labels in self.values if one == name}

    def sum(self, name: str, **labels: str) -> float:
        """All samples of a name that carry these labels, added up."""
        wanted = set(labels.items())
        return sum(
            value for (one, has), value in self.values.items() if one == name and wanted <= has
        )


def internal(client: AsyncClient) -> AsyncClient:
    """A client of the same worker's internal port, as Prometheus has; it needs no closing."""
    base_url = f"http://testserver:{INTERNAL_PORT}"
    return AsyncClient(transport=client._transport, base_url=base_url)


async def scrape(client: AsyncClient) -> Scrape:
    """Read /metrics once. Raises AssertionError when it does not answer."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200, answer.text
    return Scrape(
        {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }
    )
