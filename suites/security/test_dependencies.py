import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from zipfile import ZipFile

import orjson
import pytest

from fixtures.evidence import Evidence
from suites.security import advisories, dependency_audit, tree
from suites.security.dependency_audit import CANARY, CANARY_ADVISORY, Audit, Package, Source

pytestmark = pytest.mark.objective("sec-dependencies")

SNAPSHOT_VARIABLE = "TOUCHLINE_ADVISORIES"
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def advisory(
    name: str, package: str, *, modified: datetime = NOW, **affected: object
) -> dict[str, object]:
    return {
        "id": f"PYSEC-{name}",
        "aliases": [name],
        "details": "a fault",
        "modified": modified.isoformat(),
        "affected": [{"package": {"name": package, "ecosystem": "PyPI"}, **affected}],
    }


CANARY_RECORD = advisory(CANARY_ADVISORY, CANARY.name, versions=[CANARY.version])
RANGED = advisory(
    "CVE-1",
    "Some.Package",
    ranges=[
        {"type": "GIT", "events": [{"introduced": "0"}]},
        {
            "type": "ECOSYSTEM",
            "events": [
                {"introduced": "0"},
                {"fixed": "1.4"},
                {"introduced": "2.0"},
                {"last_affected": "2.3"},
            ],
        },
    ],
)


def archive(folder: Path, *records: dict[str, object]) -> Path:
    path = folder / "all.zip"
    with ZipFile(path, "w") as opened:
        for record in records:
            opened.writestr(f"{record['id']}.json", orjson.dumps(record))
    return path


@contextmanager
def lying_service(body: bytes, status: int = 200) -> Iterator[Source]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Source("a liar", "osv", f"http://127.0.0.1:{server.server_port}/v1/query")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def audit_with(path: Path, packages: list[Package]) -> Audit:
    with advisories.serve(advisories.load(path)) as served:
        return dependency_audit.run(packages, Source("snapshot", "osv", served.url))


def test_every_locked_package_is_audited_or_named(evidence: Evidence) -> None:
    packages = dependency_audit.locked_packages(tree.ROOT / "uv.lock")
    snapshot = os.environ.get(SNAPSHOT_VARIABLE)
    if snapshot:
        loaded = advisories.load(Path(snapshot))
        with advisories.serve(loaded) as served:
            age_days = loaded.age_days(datetime.now(UTC))
            source = Source(Path(snapshot).name, "osv", served.url, age_days)
            record_audit(evidence, packages, source)
        return
    found, reason = dependency_audit.answering_source((dependency_audit.OSV, dependency_audit.PYPI))
    if found:
        record_audit(evidence, packages, found)
        return
    # No verdict rather than a failure: the release policy asks for this, and gets no evidence.
    advice = f"give a snapshot, {SNAPSHOT_VARIABLE}=FILE, or a network. {reason}"
    missing = [f"{package}: no source of advisories answers" for package in packages]
    evidence.instrument(
        "packages_audited",
        0,
        total=len(packages),
        missing=missing,
        unit="packages",
        detail=advice,
    )


def record_audit(evidence: Evidence, packages: tuple[Package, ...], source: Source) -> None:
    audit = dependency_audit.run(packages, source)
    for finding in audit.findings:
        evidence.record(finding)
    evidence.instrument(
        "packages_audited",
        len(audit.audited),
        total=len(packages),
        missing=audit.missing,
        unit="packages",
        detail=source.name,
    )
    evidence.measure("advisory_age_days", source.age_days, "days", source=source.name)
    assert len(audit.audited) + len(audit.missing) == len(packages)


def test_a_package_with_an_advisory_is_found(tmp_path: Path) -> None:
    path = archive(tmp_path, CANARY_RECORD, RANGED)
    audit = audit_with(path, [Package("some-package", "1.3"), Package("other", "1.0")])
    assert [finding.rule for finding in audit.findings] == ["PYSEC-CVE-1"]
    assert len(audit.audited) == 2
    assert audit.missing == []


def test_the_canary_never_becomes_a_finding(tmp_path: Path) -> None:
    assert audit_with(archive(tmp_path, CANARY_RECORD), []) == Audit()


def test_two_locked_versions_of_a_package_are_both_audited(tmp_path: Path) -> None:
    path = archive(tmp_path, CANARY_RECORD, RANGED)
    audit = audit_with(path, [Package("some-package", "1.3"), Package("some-package", "1.4")])
    assert [package.version for package in audit.audited] == ["1.3", "1.4"]
    assert len(audit.findings) == 1


def test_a_source_that_misses_the_canary_has_audited_nothing(tmp_path: Path) -> None:
    audit = audit_with(archive(tmp_path, RANGED), [Package("some-package", "1.3")])
    assert audit.audited == []
    assert audit.findings == []
    assert CANARY_ADVISORY in audit.missing[0]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{}", 200),
        (b'{"next_page_token": "more"}', 200),
        (b"not JSON", 200),
        (b"{}", 503),
    ],
)
def test_a_reply_that_fails_open_audits_nothing(body: bytes, status: int) -> None:
    with lying_service(body, status) as source:
        audit = dependency_audit.run([Package("jinja2", "2.10")], source)
    assert audit.audited == []
    assert len(audit.missing) == 1


def test_a_refused_connection_audits_nothing_and_says_why() -> None:
    with lying_service(b"{}") as source:
        pass
    found, reason = dependency_audit.answering_source([source])
    assert found is None
    assert "a liar" in reason


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


def test_a_listed_version_matches_however_it_is_written(tmp_path: Path) -> None:
    record = advisory("CVE-2", "some-package", versions=["1.0.0", "2004b"])
    snapshot = advisories.load(archive(tmp_path, record))
    assert snapshot.affecting("some-package", "1.0")
    assert snapshot.affecting("some-package", "2004b")
    assert not snapshot.affecting("some-package", "1.0.1")
    assert not snapshot.affecting("some-other", "1.0")


def test_the_age_of_a_snapshot_is_that_of_its_newest_record(tmp_path: Path) -> None:
    old = advisory("CVE-3", "old", modified=NOW - timedelta(days=90), versions=["1"])
    odd = advisory("CVE-4", "odd", versions=["1"]) | {"modified": "1-01-01T00:00:00Z"}
    recent = advisory("CVE-5", "recent", modified=NOW - timedelta(days=9), versions=["1"])
    snapshot = advisories.load(archive(tmp_path, old, odd, recent))
    assert snapshot.age_days(NOW) == 9


@pytest.mark.parametrize("content", [b"", b"PK not really", None])
def test_a_faulty_snapshot_is_refused_with_advice(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "all.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(advisories.AdvisoriesError, match=r"all\.zip"):
        advisories.load(path)


def test_the_locked_set_leaves_out_the_project_alone() -> None:
    names = {package.name for package in dependency_audit.locked_packages(tree.ROOT / "uv.lock")}
    assert {"fastapi", "pytest", "pip-audit"} <= names
    assert "touchline" not in names
