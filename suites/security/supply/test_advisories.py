"""A snapshot of advisories, and which versions its records speak of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given
from hypothesis.strategies import DrawFn, composite, integers, lists, sampled_from
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from fixtures.options import Options
from suites.security.supply import advisories
from suites.security.supply.advisories import Advisory, Snapshot
from suites.security.supply.pep440 import Key, key
from suites.security.supply.records import NOW, RANGED, advisory, archive

pytestmark = pytest.mark.objective("sec-dependencies")

# Facts of 30 records of the PyPI advisory database (https://github.com/pypa/advisory-database,
# CC BY 4.0) as they stood on 2024-10-10: names, versions and ranges.
SAMPLE = Path(__file__).with_name("sample_advisories.json")

# As in the database's record of CVE-2022-43766.
BOTH_AT_ONE = [{"introduced": "1.0"}, {"fixed": "2.0"}, {"introduced": "0.9"}, {"fixed": "1.0"}]


@composite
def versions(draw: DrawFn) -> str:
    """Versions of few and small numbers, so that many are nearly the same."""
    number = integers(0, 2).map(str)
    words = [
        draw(sampled_from(["", "", "", "1!"])),
        ".".join(draw(lists(number, min_size=1, max_size=3))),
        draw(sampled_from(["", "", "a", "b1", "rc1", ".pre2", "-alpha.1", "c0"])),
        draw(sampled_from(["", "", ".post", ".post1", "-1", "rev2"])),
        draw(sampled_from(["", "", ".dev", ".dev1", "dev2"])),
        draw(sampled_from(["", "", "", "+1", "+a.1", "+1.a"])),
    ]
    return "".join(words)


@pytest.fixture
def real(options: Options, tmp_path: Path) -> Snapshot:
    """The snapshot that was given, else records of real packages."""
    words = options.advisories
    if words and not words.startswith("http"):
        return advisories.load(Path(words))
    return advisories.load(archive(tmp_path, *json.loads(SAMPLE.read_text("utf-8"))))


def test_matches_are_those_that_a_second_implementation_finds(real: Snapshot) -> None:
    asked = matched = 0
    for package, records in real.by_package.items():
        for version in sorted(versions_to_ask(package, records)):
            found = {record["id"] for record in real.affecting(package, version)}
            expected = {one["id"] for one in records if affects(one, package, version)}
            assert found == expected, f"{package} {version}"
            asked, matched = asked + 1, matched + len(found)
    assert asked > 300
    assert matched > 100


def versions_to_ask(package: str, records: tuple[Advisory, ...]) -> set[str]:
    """Where ranges begin and end, what lies close to both sides of that, and some listed ones."""
    chosen = {"0.0.1", "999"}
    for affected in (one for record in records for one in record["affected"]):
        if canonicalize_name(affected["package"]["name"]) != package:
            continue
        listed = affected.get("versions", ())
        chosen |= {*listed[:2], *listed[-2:], *listed[len(listed) // 2 :][:1]}
        for bound in bounds(affected):
            chosen |= {bound, f"{bound}.1", f"{bound}.post1", f"{bound}.dev1", f"{bound}.0"}
    return {version for version in chosen if key(version)}


def bounds(affected: Advisory) -> Iterator[str]:
    for found in affected.get("ranges", ()):
        if found["type"] == "ECOSYSTEM":
            yield from (text for event in found["events"] for text in event.values())


def affects(record: Advisory, package: str, version: str) -> bool:
    """OSV's rules a second time: intervals instead of events, and another reading of versions."""
    wanted = key(version)
    assert wanted is not None
    for affected in record["affected"]:
        if canonicalize_name(affected["package"]["name"]) != package:
            continue
        kinds = {found["type"] for found in affected.get("ranges", ())}
        if not affected.get("versions") and "ECOSYSTEM" not in kinds:
            return True
        if wanted in map(key, affected.get("versions", ())):
            return True
        if any(low <= wanted < high for low, high in intervals(affected)):
            return True
    return False


def intervals(affected: Advisory) -> Iterator[tuple[Key, Key]]:
    """Half-open intervals: each beginning up to the next end behind it."""
    for found in affected.get("ranges", ()):
        if found["type"] != "ECOSYSTEM":
            continue
        said = [(kind, text) for event in found["events"] for kind, text in event.items()]
        begins = [bound(text) for kind, text in said if kind == "introduced"]
        ends = [bound(text) for kind, text in said if kind == "fixed"]
        ends += [bound(f"{text}.post0.dev0") for kind, text in said if kind == "last_affected"]
        for begin in begins:
            yield begin, min((end for end in ends if end >= begin), default=bound("9!0"))


def bound(text: str) -> Key:
    """What is no version of PEP 440 comes before all that are."""
    found = key(text) or key("0.dev0")
    assert found is not None
    return found if text != "0" else (-1,)


@given(versions(), versions())
def test_two_readings_of_pep_440_put_versions_in_one_order(first: str, second: str) -> None:
    one, other = key(first), key(second)
    assert one is not None
    assert other is not None
    assert (one < other) == (Version(first) < Version(second))
    assert (one == other) == (Version(first) == Version(second))


@pytest.mark.parametrize("text", ["", "x", "1.0.", "1..0", "2004b", "1.0-", "1+", "1.0a1b2"])
def test_two_readings_of_pep_440_refuse_the_same(text: str) -> None:
    try:
        Version(text)
    except InvalidVersion:
        assert key(text) is None
    else:
        assert key(text) is not None


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ("0.1", True),
        ("1.4.dev1", True),
        ("1.3.99", True),
        ("1.4", False),
        ("1.9", False),
        ("2.0rc1", False),
        ("2.0", True),
        ("2.3", True),
        ("2.3.0", True),
        ("2.3.1", False),
        ("not-a-version", False),
    ],
)
def test_versions_match_ranges_in_the_order_of_pep_440(
    tmp_path: Path, version: str, affected: bool
) -> None:
    snapshot = advisories.load(archive(tmp_path, RANGED))
    assert bool(snapshot.affecting("some_package", version)) is affected


@pytest.mark.parametrize("events", [BOTH_AT_ONE, BOTH_AT_ONE[::-1]])
def test_what_is_introduced_where_it_is_fixed_affects_nothing(
    tmp_path: Path, events: list[dict[str, str]]
) -> None:
    record = advisory("CVE-7", "some-package", ranges=[{"type": "ECOSYSTEM", "events": events}])
    snapshot = advisories.load(archive(tmp_path, record))
    affected = [v for v in ("0.9", "1.0", "1.1", "2.0") if snapshot.affecting("some-package", v)]
    assert affected == ["0.9"]


def test_a_listed_version_matches_however_it_is_written(tmp_path: Path) -> None:
    record = advisory("CVE-2", "some-package", versions=["1.0.0", "2004b"])
    snapshot = advisories.load(archive(tmp_path, record))
    assert snapshot.affecting("some-package", "1.0")
    assert snapshot.affecting("some-package", "2004b")
    assert not snapshot.affecting("some-package", "1.0.1")
    assert not snapshot.affecting("some-other", "1.0")


def test_a_snapshot_is_as_new_as_its_newest_record_that_is_not_of_the_future(
    tmp_path: Path,
) -> None:
    old = advisory("CVE-3", "old", modified=NOW - timedelta(days=90), versions=["1"])
    odd = advisory("CVE-4", "odd", versions=["1"]) | {"modified": "1-01-01T00:00:00Z"}
    recent = advisory("CVE-5", "recent", modified=NOW - timedelta(days=9), versions=["1"])
    later = datetime.now(UTC) + timedelta(days=9)
    future = advisory("CVE-6", "future", modified=later, versions=["1"])
    snapshot = advisories.load(archive(tmp_path, old, odd, recent, future))
    assert snapshot.newest == NOW - timedelta(days=9)


@pytest.mark.parametrize("content", [b"", b"PK not really", None])
def test_a_faulty_snapshot_is_refused_with_advice(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "all.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(advisories.AdvisoriesError, match=r"all\.zip"):
        advisories.load(path)


def spoiled(packed: bytes, how: str) -> bytes:
    """An archive whose first file cannot be read, for another reason each."""
    raw, entry = bytearray(packed), packed.find(b"PK\x01\x02")
    if how == "broken":
        raw[60:80] = bytes(one ^ 0xFF for one in raw[60:80])
    if how == "locked":
        raw[6] |= 1
        raw[entry + 8] |= 1
    if how == "packed otherwise":
        raw[8] = raw[entry + 10] = 99
    return bytes(raw)


@pytest.mark.parametrize("how", ["broken", "locked", "packed otherwise"])
def test_an_archive_that_cannot_be_unpacked_is_refused_with_advice(
    tmp_path: Path, how: str
) -> None:
    path = tmp_path / "all.zip"
    with ZipFile(path, "w", ZIP_DEFLATED) as opened:
        opened.writestr("a.json", json.dumps(RANGED))
    path.write_bytes(spoiled(path.read_bytes(), how))
    with pytest.raises(advisories.AdvisoriesError, match=r"all\.zip: not an archive"):
        advisories.load(path)


@pytest.mark.parametrize(
    "affected",
    [
        {},
        {"versions": [], "ranges": []},
        {"versions": None, "ranges": None},
        {"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]},
    ],
    ids=str,
)
def test_an_advisory_that_tells_of_no_version_affects_them_all(
    tmp_path: Path, affected: dict[str, Any]
) -> None:
    snapshot = advisories.load(archive(tmp_path, advisory("CVE-8", "some-package", **affected)))
    assert snapshot.affecting("some-package", "1.0")
    assert not snapshot.affecting("some-other", "1.0")


def test_a_moment_that_no_calendar_holds_is_as_old_as_can_be() -> None:
    assert advisories.moment("0001-01-01T00:00:00+05:00").year == 1


def test_an_archive_without_advisories_is_refused(tmp_path: Path) -> None:
    with pytest.raises(advisories.AdvisoriesError, match="holds no advisory"):
        advisories.load(archive(tmp_path))
