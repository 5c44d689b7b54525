"""Every package is audited or named, and no reply that fails open passes for an audit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from fixtures.evidence import Evidence
from fixtures.options import Options
from suites.security import tree
from suites.security.supply import advisories, audit, liars, lock, sources
from suites.security.supply.audit import BLOCK, CANARIES, Audit, Source
from suites.security.supply.liars import http, known
from suites.security.supply.lock import Package, installed_packages
from suites.security.supply.records import CANARY_RECORDS, NOW, RANGED, advisory, archive
from suites.security.supply.watched import PAGES_MAX, ReplyError, Watched

pytestmark = pytest.mark.objective("sec-dependencies")

JINJA = Package("jinja2", "3.1.6")
MANY = [Package(f"package-{number}", "1.0") for number in range(3 * BLOCK)]
BAD = advisory("CVE-9", "jinja2", versions=["3.1.6"])


def test_every_locked_and_installed_package_is_audited_or_named(
    evidence: Evidence, options: Options
) -> None:
    pinned = lock.read(tree.ROOT / "uv.lock")
    packages = sorted({*pinned.packages, *installed_packages()})
    now = datetime.now(UTC)
    with sources.chosen(options.advisories) as (source, reason):
        if source is None:
            found = Audit(missing=[f"{one}: no source of advisories answers" for one in packages])
            detail = f"give a snapshot, --advisories FILE, or a network: {reason}"
        else:
            found, detail = audit.run(packages, source), source.name
            age_days = sources.age_days(source, found, now)
            if age_days is not None:
                evidence.instrument("advisory_age", age_days, unit="days", detail=source.name)
    for finding in found.findings:
        evidence.record(finding)
    record_share(evidence, "packages_audited", packages, found.missing, detail)
    record_share(evidence, "packages_pinned_by_hash", pinned.packages, pinned.unhashed)
    assert len(found.audited) + len(found.missing) == len(packages)


def record_share(
    evidence: Evidence,
    name: str,
    total: Sequence[object],
    missing: Iterable[object],
    detail: str = "",
) -> None:
    left_out = [str(one) for one in missing]
    evidence.instrument(
        name,
        len(total) - len(left_out),
        total=len(total),
        missing=left_out,
        unit="packages",
        detail=detail,
    )


def audit_with(folder: Path, packages: list[Package], *records: dict[str, object]) -> Audit:
    snapshot = advisories.load(archive(folder, *records))
    with advisories.serve(snapshot) as url:
        return audit.run(packages, Source("snapshot", url=url))


def test_a_package_with_an_advisory_is_found(tmp_path: Path) -> None:
    packages = [Package("some-package", "1.3"), Package("other", "1.0")]
    found = audit_with(tmp_path, packages, *CANARY_RECORDS, RANGED)
    assert [finding.rule for finding in found.findings] == ["PYSEC-CVE-1"]
    assert found.audited == packages
    assert found.missing == []


def test_no_canary_ever_becomes_a_finding(tmp_path: Path) -> None:
    found = audit_with(tmp_path, [JINJA], *CANARY_RECORDS)
    assert found.audited == [JINJA]
    assert found.findings == []


def test_a_canary_that_is_pinned_for_real_is_a_finding(tmp_path: Path) -> None:
    pinned = CANARIES[1].package
    found = audit_with(tmp_path, [pinned], *CANARY_RECORDS)
    assert [finding.rule for finding in found.findings] == [f"PYSEC-{CANARIES[1].advisory}"]


def test_two_locked_versions_of_a_package_are_both_audited(tmp_path: Path) -> None:
    both = [Package("some-package", "1.3"), Package("some-package", "1.4")]
    found = audit_with(tmp_path, both, *CANARY_RECORDS, RANGED)
    assert found.audited == both
    assert len(found.findings) == 1


def test_an_advisory_with_several_names_is_one_finding_that_outlives_new_names(
    tmp_path: Path,
) -> None:
    first = {**BAD, "id": "GHSA-2", "database_specific": {"severity": "MODERATE"}}
    second = {**BAD, "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N"}]}
    one = audit_with(tmp_path, [JINJA], *CANARY_RECORDS, first).findings
    both = audit_with(tmp_path, [JINJA], *CANARY_RECORDS, first, second).findings
    assert [len(one), len(both)] == [1, 1]
    assert one[0].rule != both[0].rule
    assert one[0].fingerprint == both[0].fingerprint
    assert (both[0].severity, both[0].tool_severity) == ("medium", "CVSS:3.1/AV:N, MODERATE")


def test_what_nobody_has_weighed_counts_as_high(tmp_path: Path) -> None:
    assert audit_with(tmp_path, [JINJA], *CANARY_RECORDS, BAD).findings[0].severity == "high"


def test_a_withdrawn_advisory_is_no_finding(tmp_path: Path) -> None:
    withdrawn = {**BAD, "withdrawn": NOW.isoformat()}
    found = audit_with(tmp_path, [JINJA], *CANARY_RECORDS, withdrawn)
    assert (found.audited, found.findings) == ([JINJA], [])


def test_a_source_that_misses_a_canary_has_audited_nothing(tmp_path: Path) -> None:
    found = audit_with(tmp_path, [Package("some-package", "1.3")], RANGED)
    assert (found.audited, found.findings) == ([], [])
    assert CANARIES[0].advisory in found.missing[0]


# Each reply that pip-audit by itself takes for "nothing known", or falls over; and what we say.
FAIL_OPEN = {
    "nothing for what is known": (http({}), f"does not know {CANARIES[0].advisory}"),
    "a page without end": (http({"next_page_token": "more"}), f"after {PAGES_MAX} pages"),
    "not found": (http({}, "404 Not Found"), "answered 404"),
    "broken": (http({}, "503 Service Unavailable"), "answered 503"),
    "moved": (b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", "answered 302"),
    "not JSON": (http(b"<html>"), "not JSON"),
    "no object": (http([]), "a JSON list"),
    "nothing at all": (http(b""), "not JSON"),
    "another thing": (http({"error": "quota"}), "no reply of OSV: ['error']"),
    "no list": (http({"vulns": {"id": "X"}}), "no reply of OSV"),
    "no id": (http({"vulns": [{"modified": "x"}]}), "a record without an id"),
    "another schema": (
        http({"vulns": [{**CANARY_RECORDS[0], "schema_version": "2.0.0"}]}), "schema 2.0.0",
    ),
    "affecting nothing": (
        http({"vulns": [{**CANARY_RECORDS[0], "affected": None}]}), "what it affects",
    ),
    "severity in a list": (
        http({"vulns": [{**BAD, "database_specific": ["HIGH"]}]}), "cannot read (AttributeError",
    ),
    "aliases of aliases": (
        http({"vulns": [{**BAD, "aliases": [["CVE-9"]]}]}), "cannot read (AttributeError",
    ),
    "of no time": (http({"vulns": [{"id": "X", "affected": [1]}]}), "without `modified`"),
    "cut off": (http(b'{"vulns": [', length=4000), "cut off after"),
    "hung up on": (b"", "cannot be reached"),
    "no HTTP": (b"SSH-2.0-OpenSSH\r\n", "cannot be reached"),
}  # fmt: skip


@pytest.mark.parametrize("case", FAIL_OPEN)
def test_a_reply_that_fails_open_audits_nothing_and_is_told_apart(case: str) -> None:
    reply, said = FAIL_OPEN[case]
    with liars.answering(lambda _: reply) as source:
        found = audit.run([JINJA], source)
    assert (found.audited, found.findings) == ([], [])
    assert len(found.missing) == 1
    assert found.missing[0].startswith("jinja2 3.1.6: a liar ")
    assert said in found.missing[0]


@pytest.mark.parametrize("case", FAIL_OPEN.keys() - {"nothing for what is known"})
def test_a_source_that_fails_for_one_package_alone_has_audited_the_others(case: str) -> None:
    reply, said = FAIL_OPEN[case]

    def mostly_honest(query: liars.Query) -> bytes:
        name = query["package"]["name"]
        return reply if name == "jinja2" and not liars.is_canary(query) else liars.honest(query)

    other = Package("other", "1.0")
    with liars.answering(mostly_honest) as source:
        found = audit.run([JINJA, other], source)
    assert found.audited == [other]
    assert len(found.missing) == 1
    assert said in found.missing[0]


def test_a_source_that_goes_blind_half_way_has_audited_what_came_before() -> None:
    asked = count()

    def tiring(query: liars.Query) -> bytes:
        return liars.honest(query) if next(asked) < BLOCK + BLOCK // 2 else http({})

    with liars.answering(tiring) as source:
        found = audit.run(MANY, source)
    assert found.audited == MANY[:BLOCK]
    assert len(found.missing) == 2 * BLOCK
    assert all("does not know" in reason for reason in found.missing)


def test_a_source_that_is_lost_half_way_has_audited_what_came_before() -> None:
    asked = count()

    def dying(query: liars.Query) -> bytes:
        return liars.honest(query) if next(asked) < BLOCK + BLOCK // 2 else b""

    with liars.answering(dying) as source:
        found = audit.run(MANY, source)
    assert found.audited == MANY[:BLOCK]
    assert len(found.missing) == 2 * BLOCK
    assert all("cannot be reached" in reason for reason in found.missing)


def test_what_a_source_found_before_it_went_blind_is_kept() -> None:
    asked = count()

    def tiring(query: liars.Query) -> bytes:
        return http(known(query, BAD) if next(asked) < 3 else {})

    with liars.answering(tiring) as source:
        found = audit.run([JINJA], source)
    assert found.audited == []
    assert [finding.rule for finding in found.findings] == ["PYSEC-CVE-9"]


def test_a_source_that_knows_faults_of_everything_has_audited_nothing() -> None:
    with liars.answering(lambda _: http({"vulns": [CANARY_RECORDS[0]]})) as source:
        found = audit.run([JINJA], source)
    assert (found.audited, found.findings) == ([], [])
    assert "does not exist" in found.missing[0]


def test_every_page_of_an_answer_is_read() -> None:
    def paged(query: liars.Query) -> bytes:
        if query["package"]["name"] != "jinja2" or liars.is_canary(query):
            return liars.honest(query)
        page = int(query.get("page_token", "0"))
        record = {**BAD, "id": f"PYSEC-{page}", "aliases": [f"CVE-{page}"]}
        return http({"vulns": [record], **({"next_page_token": str(page + 1)} if page < 2 else {})})

    with liars.answering(paged) as source:
        found = audit.run([JINJA], source)
    assert {finding.rule for finding in found.findings} == {"PYSEC-0", "PYSEC-1", "PYSEC-2"}


def test_a_reply_that_drips_is_given_up() -> None:
    seconds = count()
    watched = Watched(within_s=5, clock=lambda: next(seconds))
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with (
        liars.dripping(head, b"1\r\n \r\n") as source,
        pytest.raises(Exception, match="within 5 s"),
    ):
        watched.post(source.url, '{"package": {"name": "jinja2"}, "version": "1"}')


def test_a_source_that_says_nothing_is_given_up() -> None:
    with liars.dripping(b"", b"") as source, pytest.raises(ReplyError, match=r"within 0\.2 s"):
        Watched(within_s=0.2).post(source.url, '{"package": {"name": "x"}, "version": "1"}')


def test_what_is_not_asked_within_the_time_is_named() -> None:
    with liars.answering(liars.honest) as source:
        found = audit.run([JINJA], source, within_s=-1)
    assert found.audited == []
    assert "took too long" in found.missing[0]


def test_a_refused_connection_audits_nothing_and_says_why() -> None:
    nobody = liars.closed()
    found, reason = audit.answering_source([nobody])
    assert found is None
    assert reason == "nobody cannot be reached (Connection refused)"
    assert audit.run([JINJA], nobody).audited == []


def test_the_first_source_that_knows_the_canary_is_taken() -> None:
    with liars.answering(liars.honest) as source:
        assert audit.answering_source([liars.closed(), source]) == (source, "")


def test_a_version_of_no_kind_is_named(tmp_path: Path) -> None:
    found = audit_with(tmp_path, [Package("odd", "2004b-final")], *CANARY_RECORDS)
    assert found.missing == ["odd 2004b-final: '2004b-final' is no version of PEP 440"]


def test_an_advisory_that_is_mended_in_no_version_of_pep_440_is_the_sources_fault(
    tmp_path: Path,
) -> None:
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2004b-final"}]}]
    record = advisory("CVE-9", "jinja2", versions=["3.1.6"], ranges=ranges)
    found = audit_with(tmp_path, [JINJA], *CANARY_RECORDS, record)
    assert found.audited == []
    assert found.missing[0].startswith("jinja2 3.1.6: snapshot answered what pip-audit cannot read")


def test_the_age_of_a_snapshot_is_known_and_that_of_a_mirror_is_told_by_its_replies() -> None:
    days_ago = [NOW - timedelta(days=days) for days in (9, 30)]
    replies = Audit(modified=frozenset(moment.isoformat() for moment in days_ago))
    assert sources.age_days(Source("snapshot", newest=days_ago[1]), Audit(), NOW) == 30
    assert sources.age_days(Source("mirror"), replies, NOW) == 9
    assert sources.age_days(Source("mirror"), Audit(), NOW) is None
    assert sources.age_days(audit.OSV, replies, NOW) == 0


def test_a_mirror_of_the_future_is_of_no_known_age() -> None:
    replies = Audit(modified=frozenset({(NOW + timedelta(days=1)).isoformat()}))
    assert sources.age_days(Source("mirror"), replies, NOW) is None


def test_a_file_or_an_address_can_be_chosen_as_the_source(tmp_path: Path) -> None:
    path = archive(tmp_path, *CANARY_RECORDS)
    with sources.chosen(str(path)) as (source, _):
        assert source is not None
        assert (source.name, source.newest) == ("all.zip", NOW)
        assert audit.run([JINJA], source).audited == [JINJA]
    with sources.chosen("http://127.0.0.1:9/v1/query") as (source, _):
        assert source == Source("http://127.0.0.1:9/v1/query", url="http://127.0.0.1:9/v1/query")


def test_the_locked_set_leaves_out_the_project_alone_and_holds_a_hash_for_every_file() -> None:
    pinned = lock.read(tree.ROOT / "uv.lock")
    names = {package.name for package in pinned.packages}
    assert {"fastapi", "pytest", "pip-audit"} <= names
    assert "touchline" not in names
    assert pinned.unhashed == ()


@pytest.mark.parametrize(
    "files",
    ["", 'wheels = [{url = "x"}]', 'sdist = {hash = "md5:0"}', 'wheels = [{hash = "sha256:0"}]'],
)
def test_a_package_without_a_strong_hash_is_named(tmp_path: Path, files: str) -> None:
    path = tmp_path / "uv.lock"
    entry = '[[package]]\nname = "A.B"\nversion = "1"\nsource = {registry = "x"}\n'
    path.write_text(entry + files)
    assert lock.read(path).unhashed == (Package("a-b", "1"),)


@pytest.mark.parametrize("kind", ["directory", "editable", "virtual"])
def test_a_package_from_a_folder_outside_the_checkout_is_audited_and_has_no_hash(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "uv.lock"
    entries = [
        f'[[package]]\nname = "{name}"\nversion = "1"\nsource = {{{kind} = "{place}"}}\n'
        for name, place in (("us", "."), ("member", "packages/member"), ("theirs", "../theirs"))
    ]
    path.write_text("".join(entries))
    pinned = lock.read(path)
    assert pinned.packages == pinned.unhashed == (Package("theirs", "1"),)
