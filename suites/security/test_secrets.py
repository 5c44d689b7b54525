import subprocess
from pathlib import Path

import pytest

from fixtures.evidence import Evidence
from suites.security import history, secret_scan, tree
from suites.security.known_clean import memory_of
from suites.security.secret_scan import CANARIES, PastScan

pytestmark = pytest.mark.objective("sec-secrets")

# Glued together here, so that this file itself holds nothing that looks like a key or a mark.
KEY = "AKIA" + "Q7PJ2XT4VN6HWZRB"
# pragma: allowlist nextline secret (made up, to be found in files of these tests)
RANDOM = "9c1f" + "4be07ad2853e6f10c9b7d4a2e85f3610"
MARK = "# pragma: allowlist " + "secret"
MARK_OF_NEXT = "# pragma: allowlist " + "nextline secret"


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Canary", "-c", "user.email=canary@example.org")
    command = ["git", "-C", str(root), *identity, *arguments]
    subprocess.run(command, check=True, capture_output=True)


def commit(root: Path, message: str) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", message)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return tmp_path


@pytest.mark.long
def test_no_secret_lies_in_the_tree_or_its_history(evidence: Evidence) -> None:
    files = tree.all_files(tree.ROOT)
    memory = memory_of(secret_scan.TOOL, *secret_scan.CODE)
    scan = secret_scan.scan_tree(files, tree.ROOT, memory)
    past = history.read(tree.ROOT)
    before = secret_scan.scan_past(past.lines, scan, memory)
    for finding in (*scan.findings, *before.findings):
        evidence.record(finding)
    evidence.instrument(
        "files_scanned_for_secrets",
        len(scan.scanned),
        total=len(files),
        missing=scan.missing,
        unit="files",
    )
    evidence.instrument(
        "commits_scanned_for_secrets",
        0 if before.blind else len(past.commits),
        total=past.total,
        missing=[*past.missing, *filter(None, [before.blind])],
        unit="commits",
    )
    evidence.measure("files_clean_in_an_earlier_scan", memory.used, "files", tool=secret_scan.TOOL)
    if not (scan.missing or before.blind):
        memory.save()
    assert "uv.lock" in scan.scanned


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        ("settings.py", f'KEY = "{KEY}"', "aws-access-key"),
        ("settings.toml", f"key = '{RANDOM}'", "hex-high-entropy-string"),
        ("uv.lock", f'token = "{KEY}"', "aws-access-key"),
        ("style.css", f"/* {KEY} */", "aws-access-key"),
        ("id", "-----BEGIN RSA " + "PRIVATE KEY-----", "private-key"),
        ("service.py", "password = " + '"hunter2-and-more"', "secret-keyword"),
        ("picture.png", f"\x89PNG\r\n\x1a\n {KEY}", "aws-access-key"),
    ],
)
def test_a_planted_secret_is_found_in_any_file(
    tmp_path: Path, name: str, text: str, rule: str
) -> None:
    planted = tmp_path / name
    planted.write_text(text + "\n", "latin-1")
    scan = secret_scan.scan_tree([planted], tmp_path)
    assert rule in {finding.rule for finding in scan.findings}
    assert KEY not in repr(scan.findings)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tool.cfg", f"[tool]\nsize = 1\n# it was {KEY}\n"),
        ("tool.toml", f"[tool]\nsize = 1\n# it was {KEY}\n"),
        ("ci.yml", f"on: push\n# it was {KEY}\n"),
        ("notes.md", f"[notes]\nsize = 1\n; it was {KEY}\n"),
    ],
)
def test_a_secret_in_a_comment_of_a_configuration_is_found(
    tmp_path: Path, name: str, text: str
) -> None:
    assert rules_found(tmp_path, name, text.encode()) == ["aws-access-key"]


def rules_found(folder: Path, name: str, content: bytes) -> list[str]:
    path = folder / name
    path.write_bytes(content)
    return [finding.rule for finding in secret_scan.scan_tree([path], folder).findings]


@pytest.mark.parametrize("name", [".env", "app.properties", "app.ini", "app.yaml"])
def test_a_key_that_is_named_twice_is_found_both_times(tmp_path: Path, name: str) -> None:
    text = f"token: {RANDOM}\ntoken: {RANDOM[::-1]}\n- not\n    what: [it is\n"
    found = rules_found(tmp_path, name, text.encode())
    assert found == ["hex-high-entropy-string"] * 2


def test_what_is_found_first_does_not_hide_what_comes_after_it(tmp_path: Path) -> None:
    found = rules_found(tmp_path, ".env", f"FIRST={KEY}\nSECOND={RANDOM}\n".encode())
    assert found == ["aws-access-key", "hex-high-entropy-string"]


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_secret_is_found_however_letters_and_ends_of_lines_are_coded(
    repository: Path, coding: str, end: str
) -> None:
    text = end.join(["first = 1", f'KEY = "{KEY}"', "last = 1", ""])
    assert rules_found(repository, "settings.py", text.encode(coding)) == ["aws-access-key"]
    commit(repository, "Add the key")
    (found,) = secret_scan.scan_lines(history.read(repository).lines)
    assert (found.rule, found.path) == ("aws-access-key", "settings.py")


def test_an_allowance_speaks_for_its_line_alone_whichever_sign_ends_it(tmp_path: Path) -> None:
    text = f"first = 1  {MARK} (opens nothing, for tests)\rKEY = '{KEY}'\r"
    assert rules_found(tmp_path, "settings.py", text.encode()) == ["aws-access-key"]


def test_a_secret_that_was_taken_back_is_found_in_the_history(repository: Path) -> None:
    (repository / "settings.py").write_text(f'first = 1\nKEY = "{KEY}"\n')
    commit(repository, "Add the key")
    (repository / "settings.py").write_text("first = 1\n")
    commit(repository, "Take the key back")
    past = history.read(repository)
    found = secret_scan.scan_lines(past.lines)
    assert len(past.commits) == past.total == 2
    assert [(finding.rule, finding.path, finding.line) for finding in found] == [
        ("aws-access-key", "settings.py", 2)
    ]


def test_values_that_replaced_one_another_are_all_found_in_the_history(repository: Path) -> None:
    for value in (RANDOM, RANDOM[::-1], "changed-by-hand"):
        (repository / "app.env").write_text(f"TOKEN={value}\n")
        commit(repository, "Change the token")
    found = secret_scan.scan_lines(history.read(repository).lines)
    assert [finding.rule for finding in found] == ["hex-high-entropy-string"] * 2


def test_no_configuration_of_git_hides_what_a_merge_adds(repository: Path) -> None:
    commit(repository, "One")
    git(repository, "checkout", "-q", "-b", "aside")
    commit(repository, "Another")
    git(repository, "checkout", "-q", "-")
    commit(repository, "A third")
    git(repository, "merge", "-q", "--no-commit", "--no-ff", "aside")
    (repository / "settings.py").write_text(f'KEY = "{KEY}"\n')
    (repository / ".gitattributes").write_text("*.py diff=blank\n")
    commit(repository, "Merge, and add the key")
    git(repository, "config", "log.diffMerges", "off")
    git(repository, "config", "diff.blank.textconv", "true")
    found = secret_scan.scan_lines(history.read(repository).lines)
    assert [finding.path for finding in found] == ["settings.py"]


def test_a_secret_in_a_commit_message_is_found(repository: Path) -> None:
    commit(repository, f"Rotate the key\n\nIt was {KEY}.")
    found = secret_scan.scan_lines(history.read(repository).lines)
    assert [finding.path for finding in found] == [history.MESSAGE]


def test_a_secret_in_the_message_of_a_tag_is_found(repository: Path) -> None:
    commit(repository, "One")
    git(repository, "tag", "light")
    git(repository, "tag", "-a", "v1", "-m", f"The first\n\nIts key is {KEY}.")
    git(repository, "tag", "-a", "v2", "-m", "The second")
    past = history.read(repository)
    (found,) = secret_scan.scan_lines(past.lines)
    assert (found.rule, found.path, found.line) == ("aws-access-key", history.TAG, 3)
    assert len(past.commits) == past.total == 1


def test_a_commit_that_was_replaced_is_read_as_it_was_made(repository: Path) -> None:
    (repository / "settings.py").write_text(f'KEY = "{KEY}"\n')
    commit(repository, "Add the key")
    git(repository, "branch", "kept")
    (repository / "settings.py").write_text("KEY = ''\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "--amend", "-m", "Say nothing")
    git(repository, "replace", "kept", "HEAD")
    found = secret_scan.scan_lines(history.read(repository).lines)
    assert [finding.path for finding in found] == ["settings.py"]


def test_a_line_allowed_today_is_allowed_in_its_history(repository: Path) -> None:
    settings = repository / "settings.py"
    settings.write_text(f'KEY = "{KEY}"\n')
    commit(repository, "Add a test key")
    settings.write_text(f'KEY = "{KEY}"  {MARK} (opens nothing, for tests)\n')
    commit(repository, "Say that it is one")
    scan = secret_scan.scan_tree([settings], repository)
    assert scan.findings == ()
    assert secret_scan.scan_past(history.read(repository).lines, scan) == PastScan(())


def test_a_line_of_the_history_is_allowed_by_its_text_in_any_file(repository: Path) -> None:
    (repository / "settings.py").write_text(f'KEY = "{KEY}"\n')
    commit(repository, "Add a test key")
    (repository / "settings.py").unlink()
    allowances = repository / "allowances.txt"
    allowances.write_text(f'KEY = "{KEY}"  {MARK} (opened nothing, for tests)\n')
    commit(repository, "Take it back and say what it was")
    scan = secret_scan.scan_tree([allowances], repository)
    past = history.read(repository).lines
    assert secret_scan.scan_past(past, scan) == PastScan(())
    assert secret_scan.scan_past(past, secret_scan.scan_tree([], repository)).findings


def test_an_allowed_private_key_allows_no_other(repository: Path) -> None:
    head = "-----BEGIN RSA " + "PRIVATE KEY-----"
    (repository / "real.pem").write_text(f"{head}\nthe real one\n")
    commit(repository, "Add a key")
    (repository / "real.pem").unlink()
    made_up = repository / "made_up.py"
    made_up.write_text(f"{MARK_OF_NEXT} (opens nothing, for tests)\n{head}\n")
    scan = secret_scan.scan_tree([made_up], repository)
    found = secret_scan.scan_past(history.read(repository).lines, scan).findings
    assert scan.findings == ()
    assert [(one.rule, one.path) for one in found] == [("private-key", "real.pem")]


def test_the_history_is_scanned_for_what_stands_in_other_files_today(repository: Path) -> None:
    settings = repository / "settings.py"
    settings.write_text(f'KEY = "{KEY}"\n')
    commit(repository, "Add the key")
    settings.rename(repository / "moved.py")
    scan = secret_scan.scan_tree([repository / "moved.py"], repository)
    found = secret_scan.scan_past(history.read(repository).lines, scan).findings
    assert [finding.path for finding in (*scan.findings, *found)] == ["moved.py", "settings.py"]


@pytest.mark.parametrize("mark", [MARK, MARK + " (why)", MARK + ": test"])
def test_an_allowance_without_a_reason_is_a_finding_and_allows_nothing(
    repository: Path, mark: str
) -> None:
    settings = repository / "settings.py"
    settings.write_text(f'KEY = "{KEY}"  {mark}\n')
    commit(repository, "Say nothing")
    found = secret_scan.scan_tree([settings], repository).findings
    assert [finding.rule for finding in found] == ["aws-access-key", "allowance-without-reason"]
    past = secret_scan.scan_lines(history.read(repository).lines)
    assert [finding.rule for finding in past] == ["aws-access-key"]


def test_an_allowance_for_the_next_line_speaks_for_no_other(repository: Path) -> None:
    settings = repository / "settings.py"
    allowed = [f"{MARK_OF_NEXT} (opens nothing, for tests)", f'first = "{KEY}"']
    settings.write_text("\n".join([*allowed, f'second = "{RANDOM}"', ""]))
    commit(repository, "Add both")
    for found in (
        secret_scan.scan_tree([settings], repository).findings,
        secret_scan.scan_lines(history.read(repository).lines),
    ):
        assert [(one.rule, one.line) for one in found] == [("hex-high-entropy-string", 3)]


@pytest.mark.parametrize(
    "text",
    [
        f'KEY = "{KEY}"  {MARK.replace("allow", "white")} (opens nothing, for tests)',
        f'KEY = "{KEY}"  {MARK.replace("#", chr(39))} (opens nothing, for tests)',
        f'first = 1  {MARK_OF_NEXT} (opens nothing, for tests)\nKEY = "{KEY}"',
    ],
)
def test_an_allowance_in_another_form_allows_nothing(tmp_path: Path, text: str) -> None:
    settings = tmp_path / "settings.py"
    settings.write_text(text + "\n")
    found = secret_scan.scan_tree([settings], tmp_path).findings
    assert "aws-access-key" in {finding.rule for finding in found}


def test_without_a_repository_the_history_counts_as_not_looked_at(tmp_path: Path) -> None:
    past = history.read(tmp_path)
    assert (past.commits, past.total) == ((), 1)
    assert past.missing


def test_a_shallow_clone_says_that_its_history_is_cut(repository: Path, tmp_path: Path) -> None:
    commit(repository, "One")
    commit(repository, "Two")
    clone = tmp_path / "clone"
    subprocess.run(
        ["git", "clone", "-q", "--depth", "1", f"file://{repository}", str(clone)], check=True
    )
    past = history.read(clone)
    assert len(past.commits) < past.total
    assert "shallow" in past.missing[0]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    scan = secret_scan.scan_tree([tmp_path / "gone.py"], tmp_path)
    assert scan.missing == ("gone.py: No such file or directory",)


def test_a_scan_that_misses_a_planted_key_has_scanned_nothing(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "settings.py").write_text(f'KEY = "{KEY}"\n')
    commit(repository, "Add the key")
    past = history.read(repository).lines
    monkeypatch.setitem(CANARIES, "\0/other.py", ("x = 1", "a-rule-of-nobody"))
    scan = secret_scan.scan_tree([repository / "settings.py"], repository)
    blind = "detect-secrets did not see its canary of a-rule-of-nobody"
    assert scan.scanned == ()
    assert scan.missing == (f"settings.py: {blind}",)
    assert secret_scan.scan_past(past, secret_scan.scan_tree([], repository)).blind == blind
    # what it found all the same stays found
    assert [finding.rule for finding in scan.findings] == ["aws-access-key"]


@pytest.mark.parametrize("keywords", [False, True])
def test_each_of_the_two_settings_has_to_see_its_planted_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keywords: bool
) -> None:
    settings = secret_scan._settings

    def blinded(*, keywords: bool, blind: bool = keywords) -> dict[str, object]:
        one: dict[str, object] = {
            "plugins_used": [{"name": "JwtTokenDetector"}],
            "filters_used": [],
        }
        return one if keywords is blind else settings(keywords=keywords)

    monkeypatch.setattr(secret_scan, "_settings", blinded)
    scan = secret_scan.scan_tree([], tmp_path)
    assert secret_scan.scan_past([], scan).blind


def test_planted_keys_are_seen_and_leave_nothing_behind(tmp_path: Path) -> None:
    scan = secret_scan.scan_tree([], tmp_path)
    assert (scan.findings, scan.missing, scan.lines) == ((), (), ())
    assert secret_scan.scan_past([], scan) == PastScan(())
