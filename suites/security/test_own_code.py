from pathlib import Path

import pytest

from fixtures.evidence import Evidence
from suites.security import code_scan, tree

pytestmark = pytest.mark.objective("sec-sast")

RAW_SQL = """
def find(connection, name):
    return connection.execute("select * from people where name = '%s'" % name)
"""


@pytest.mark.long
def test_own_code_is_scanned_whole(evidence: Evidence) -> None:
    files = tree.python_files(tree.ROOT)
    scan = code_scan.scan(files, tree.ROOT)
    for finding in scan.findings:
        evidence.record(finding)
    evidence.instrument(
        "files_parsed", len(scan.parsed), total=len(files), missing=scan.unparsed, unit="files"
    )
    assert {"sut/settings.py", "noxfile.py", "suites/security/tree.py"} <= set(scan.parsed)


def test_a_raw_sql_fault_is_found(tmp_path: Path) -> None:
    fault = tmp_path / "fault.py"
    fault.write_text(RAW_SQL)
    scan = code_scan.scan([fault], tmp_path)
    assert [(found.rule, found.path, found.line) for found in scan.findings] == [
        ("B608", "fault.py", 3)
    ]
    assert scan.unparsed == ()


def test_a_nosec_comment_silences_nothing(tmp_path: Path) -> None:
    fault = tmp_path / "fault.py"
    fault.write_text(RAW_SQL.replace("% name)", "% name)  # nosec"))
    assert len(code_scan.scan([fault], tmp_path).findings) == 1


def test_a_finding_keeps_its_fingerprint_when_its_line_moves(tmp_path: Path) -> None:
    fault = tmp_path / "fault.py"
    fault.write_text(RAW_SQL)
    before = code_scan.scan([fault], tmp_path).findings
    fault.write_text("import json\n" * 3 + RAW_SQL)
    after = code_scan.scan([fault], tmp_path).findings
    assert [found.fingerprint for found in after] == [found.fingerprint for found in before]
    assert after[0].line == before[0].line + 3


def test_a_file_that_cannot_be_parsed_is_named(tmp_path: Path) -> None:
    broken, whole = tmp_path / "broken.py", tmp_path / "whole.py"
    broken.write_text("def (:\n")
    whole.write_text("x = 1\n")
    scan = code_scan.scan([broken, whole], tmp_path)
    assert scan.parsed == ("whole.py",)
    assert scan.unparsed == ("broken.py: syntax error while parsing AST from file",)


def test_a_file_that_vanishes_during_the_scan_is_named(tmp_path: Path) -> None:
    scan = code_scan.scan([tmp_path / "gone.py"], tmp_path)
    assert scan.parsed == ()
    assert scan.unparsed == ("gone.py: No such file or directory",)


def test_a_script_without_a_suffix_counts_as_python_by_its_first_line(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("#!/usr/bin/env python3\n")
    (tmp_path / "notes").write_text("nothing\n")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "generated.py").write_text("x = 1\n")
    assert tree.python_files(tmp_path) == (tmp_path / "run",)
