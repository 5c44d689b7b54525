"""A judged run says what it holds; a changed one cannot say it any more."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from reports.__main__ import main
from reports.provenance import tree_id
from reports.statement import (
    FILE,
    NOT_SHOWN,
    STATEMENT,
    TEST_RESULT,
    StatementError,
    subjects_of,
)
from suites.framework.reports.runs import RUN, check, instrument, measured, write
from suites.framework.reports.test_command import SLO


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A good run, not judged yet."""
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "slo.toml").write_text(SLO)
    (tmp_path / "scenarios" / "waivers.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TOUCHLINE_SIGNING_KEY", raising=False)
    tree, folder = tree_id(tmp_path), tmp_path / "out" / RUN
    write(folder, "unit", check("a"), check("s", "skipped", message="later"), tree=tree)
    write(folder, "security", instrument(61, 61), check("c"), tree=tree)
    write(folder, "load", measured(150, low=145, high=155), check("d"), tree=tree)
    return folder


@pytest.fixture
def judged(run: Path) -> Path:
    main([f"out/{RUN}"])
    return run


def statements(run: Path) -> list[dict[str, Any]]:
    lines = (run / FILE).read_text().splitlines()
    return [json.loads(base64.b64decode(json.loads(line)["payload"])) for line in lines]


def keys(folder: Path, name: str, key: Any) -> tuple[Path, Path]:
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    form = PublicFormat.SubjectPublicKeyInfo
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, form))
    return private, public


# --- what it says ------------------------------------------------------------------------------


def test_every_file_of_the_run_is_a_subject(judged: Path) -> None:
    for body in statements(judged):
        assert body["_type"] == STATEMENT
        assert {item["name"] for item in body["subject"]} == {
            path.relative_to(judged).as_posix()
            for path in judged.rglob("*")
            if path.is_file() and path.name != FILE
        }


def test_results_are_told_in_in_totos_words_and_what_was_not_shown_in_ours(judged: Path) -> None:
    result, not_shown = statements(judged)
    assert (result["predicateType"], not_shown["predicateType"]) == (TEST_RESULT, NOT_SHOWN)
    predicate = result["predicate"]
    assert predicate["result"] == "FAILED"  # no verdict is not a pass
    assert predicate["passedTests"] == ["fast", "security-suite", "load-suite"]
    assert predicate["failedTests"] == ["unit-suite"]
    assert [item["name"] for item in predicate["configuration"]] == [
        "scenarios/slo.toml", "scenarios/waivers.toml",
    ]  # fmt: skip
    told = not_shown["predicate"]
    assert (told["release"], [item["id"] for item in told["objectives"]]) == (
        "NO VERDICT", ["unit-suite"],
    )  # fmt: skip
    assert told["tests"] == [{"id": "suites/x/test_x.py::s", "outcome": "skipped", "why": "later"}]


# --- verifying ---------------------------------------------------------------------------------


def test_a_run_that_was_left_alone_is_verified(
    judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(judged)]) == 0
    told = capsys.readouterr().out
    assert "not signed: this shows accidents, not forgery" in told
    assert "nothing was changed" in told


@pytest.mark.parametrize(
    "name", ["report.html", "verdict.json", "evidence/load.ndjson", "junit.xml", "ctrf.json"]
)
@pytest.mark.parametrize("how", ["changed", "gone"])
def test_a_file_that_was_changed_or_taken_away_is_named(
    name: str, how: str, judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = judged / name
    path.write_bytes(path.read_bytes() + b" ") if how == "changed" else path.unlink()
    assert main(["verify", str(judged)]) == 1
    assert f"✕ {name}: {how}" in capsys.readouterr().out


def test_evidence_that_came_later_is_a_fault_and_a_note_is_not(
    judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (judged / "note.txt").write_text("seen")
    assert main(["verify", str(judged)]) == 0
    (judged / "evidence" / "e2e.ndjson").write_text("")
    assert main(["verify", str(judged)]) == 1
    assert "✕ evidence/e2e.ndjson: came later" in capsys.readouterr().out


def rewrite(run: Path, **changes: Any) -> None:
    """Write the statements anew, as a forger without a key would."""
    lines = []
    for line in (run / FILE).read_text().splitlines():
        envelope = json.loads(line)
        body = json.loads(base64.b64decode(envelope["payload"])) | changes
        envelope["payload"] = base64.b64encode(json.dumps(body).encode()).decode()
        lines.append(json.dumps(envelope))
    (run / FILE).write_text("\n".join(lines) + "\n")


def test_a_name_that_leads_out_of_the_run_is_not_followed(
    judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rewrite(judged, subject=[{"name": "../../scenarios/slo.toml", "digest": {"sha256": "0" * 64}}])
    assert main(["verify", str(judged)]) == 1
    assert "leads out of the run's folder" in capsys.readouterr().out


def test_a_result_that_is_not_the_verdicts_is_a_fault(
    judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rewrite(judged, predicate={"result": "PASSED"})
    assert main(["verify", str(judged)]) == 1
    assert "the statement says ['PASSED'], verdict.json says NO VERDICT" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"not JSON", "holds no in-toto statement"),
        (b"[]", "holds no in-toto statement"),
        (b'{"subject": [{"name": "report.html"}]}', "holds no in-toto statement ('digest')"),
        (b'{"subject": [], "_type": "https://in-toto.io/Statement/v1"}', "about some files"),
        (b'{"subject": [{"name": "a", "digest": {"sha256": "0"}}], "_type": "rumour"}', "expected"),
    ],
    ids=["text", "list", "no-digest", "no-subject", "another-type"],
)
def test_an_envelope_around_something_else_is_no_statement(
    body: bytes, said: str, judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    envelope = json.loads((judged / FILE).read_text().splitlines()[0])
    envelope["payload"] = base64.b64encode(body).decode()
    (judged / FILE).write_text(json.dumps(envelope) + "\n")
    assert main(["verify", str(judged)]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "judge the run to make a statement" in told


def test_a_statement_that_is_no_text_is_told(
    judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (judged / FILE).write_bytes(b"\xff\xfe\n")
    assert main(["verify", str(judged)]) == 2
    assert "no statement can be read there" in capsys.readouterr().err


def test_statements_about_different_files_are_a_fault(
    judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = (judged / FILE).read_text().splitlines()[0]
    rewrite(judged, subject=[{"name": "report.html", "digest": {"sha256": "0" * 64}}])
    second = (judged / FILE).read_text().splitlines()[1]
    (judged / FILE).write_text(f"{first}\n{second}\n")
    assert main(["verify", str(judged)]) == 1
    assert "its statements are about different files" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("lies_here", "said"),
    [(None, "uv.lock: not here, so not compared"), ("other", "is not the one that was measured"),
     ("same", "")],
)  # fmt: skip
def test_a_lockfile_that_is_another_one_is_pointed_out_and_is_no_fault(
    lies_here: str | None, said: str, judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It belongs to whoever looks, not to the run's folder."""
    measured_with = {"name": "uv.lock", "digest": {"sha256": sha256(b"same").hexdigest()}}
    rewrite(judged, subject=[*statements(judged)[0]["subject"], measured_with])
    if lies_here is not None:
        Path("uv.lock").write_text(lies_here)
    assert main(["verify", str(judged)]) == 0
    told = capsys.readouterr().out
    assert said in told
    assert ("uv.lock" in told) == bool(said)


@pytest.mark.parametrize("text", ["", "[]", "{}"])
def test_a_verdict_that_is_none_cannot_agree(
    text: str, judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (judged / "verdict.json").write_text(text)
    assert main(["verify", str(judged)]) == 1
    assert "✕ verdict.json: holds no verdict" in capsys.readouterr().out


@pytest.mark.parametrize("text", [None, "", "nonsense\n", '{"payload": 3}\n', "[]\n"])
def test_without_a_statement_nothing_can_be_told(
    text: str | None, judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (judged / FILE).unlink() if text is None else (judged / FILE).write_text(text)
    assert main(["verify", str(judged)]) == 2
    assert FILE in capsys.readouterr().err


# --- what a statement leaves out -----------------------------------------------------------------


def restate(run: Path, number: int, **changes: Any) -> None:
    """Change the predicate of one of the statements and leave the other as it is."""
    lines = (run / FILE).read_text().splitlines()
    envelope = json.loads(lines[number])
    body = json.loads(base64.b64decode(envelope["payload"]))
    body["predicate"] |= changes
    envelope["payload"] = base64.b64encode(json.dumps(body).encode()).decode()
    lines[number] = json.dumps(envelope)
    (run / FILE).write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("kept", "said"),
    [((0,), f"expected one statement of {NOT_SHOWN}, found 0"),
     ((1,), f"expected one statement of {TEST_RESULT}, found 0"),
     ((0, 1, 1), f"expected one statement of {NOT_SHOWN}, found 2")],
    ids=["no-second", "no-first", "twice"],
)  # fmt: skip
def test_one_statement_of_each_kind_must_be_there(
    kept: tuple[int, ...], said: str, judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (judged / FILE).read_text().splitlines()
    (judged / FILE).write_text("".join(f"{lines[number]}\n" for number in kept))
    assert main(["verify", str(judged)]) == 1
    assert f"✕ {FILE}: {said}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("number", "field", "value"),
    [(0, "passedTests", []), (0, "failedTests", []), (0, "warnedTests", ["unit-suite"]),
     (1, "release", "GO"), (1, "policy", "release"), (1, "tree", ""), (1, "judgedAt", "never"),
     (1, "objectives", []), (1, "objectives", None), (1, "layers", [{}])],
)  # fmt: skip
def test_a_statement_that_says_something_else_than_the_verdict_is_a_fault(
    number: int, field: str, value: object, judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = (TEST_RESULT, NOT_SHOWN)[number]
    restate(judged, number, **{field: value})
    assert main(["verify", str(judged)]) == 1
    assert f"✕ {FILE}: {field} of {kind} is not what verdict.json" in capsys.readouterr().out


def test_a_layer_that_is_not_sound_stays_named(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load = run / "evidence" / "load.ndjson"
    load.write_bytes(load.read_bytes()[:-9])
    main([f"out/{RUN}"])
    assert main(["verify", str(run)]) == 0
    restate(run, 1, layers=[])
    assert main(["verify", str(run)]) == 1
    assert f"layers of {NOT_SHOWN} is not what verdict.json says" in capsys.readouterr().out


@pytest.mark.parametrize(
    "changes", [{"tests": []}, {"tests": None}, {"tests": [3]}, {"testsMore": 1}]
)
def test_tests_that_did_not_run_must_be_those_of_the_evidence(
    changes: dict[str, object], judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    restate(judged, 1, **changes)
    assert main(["verify", str(judged)]) == 1
    assert f"tests of {NOT_SHOWN} are not those of the evidence" in capsys.readouterr().out


# --- links and hidden files ----------------------------------------------------------------------


@pytest.mark.parametrize("below", ["evidence", "traces"])
def test_a_link_to_a_folder_gets_no_statement(
    below: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (run / "evidence").rename(elsewhere) if below == "evidence" else elsewhere.mkdir()
    (run / below).symlink_to(elsewhere)
    assert main([f"out/{RUN}"]) == 2
    told = capsys.readouterr().err
    assert f"{RUN}/{below}: a link to a folder" in told
    assert "put the folder itself there, and judge the run again" in told
    assert not (run / FILE).exists()
    assert (run / "verdict.json").exists()


def test_a_link_to_a_folder_that_came_later_is_a_fault(
    judged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (judged / "evidence").rename(judged / "moved")
    (judged / "evidence").symlink_to("moved")
    assert main(["verify", str(judged)]) == 1
    assert "✕ evidence: a link to a folder, nothing speaks for" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_a_link_to_nothing_that_came_later_is_a_fault(
    kind: str, judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strange(judged, kind)
    assert main(["verify", str(judged)]) == 1
    told = capsys.readouterr().out
    assert "✕ evidence/e2e.ndjson: no regular file, and nothing speaks for it" in told


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_evidence_that_is_no_file_gets_no_statement(
    kind: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strange(run, kind)
    assert main([f"out/{RUN}"]) == 2
    told = capsys.readouterr().err
    assert "evidence/e2e.ndjson: no regular file, and no statement holds for" in told
    assert "take it out of the evidence, and judge the run again" in told
    assert not (run / FILE).exists()


def strange(run: Path, kind: str) -> None:
    """Something that is judged as evidence and is no file."""
    made = run / "evidence" / "e2e.ndjson"
    if kind == "link":
        made.symlink_to("nowhere")
    elif kind == "pipe":
        os.mkfifo(made)
    else:
        made.mkdir()


def test_a_folder_below_the_evidence_is_nobodys(judged: Path) -> None:
    (judged / "evidence" / "notes").mkdir()
    assert main(["verify", str(judged)]) == 0


def test_hidden_evidence_is_stated_and_nothing_hidden_comes_later_unseen(
    judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (judged / ".note").write_text("seen")
    assert main(["verify", str(judged)]) == 0
    hidden = judged / "evidence" / ".x.ndjson"
    hidden.write_text("")
    assert main(["verify", str(judged)]) == 1
    assert "✕ evidence/.x.ndjson: came later" in capsys.readouterr().out
    main([f"out/{RUN}"])
    assert "evidence/.x.ndjson" in {item["name"] for item in statements(judged)[0]["subject"]}
    assert main(["verify", str(judged)]) == 0


# --- statements and verdicts of any shape --------------------------------------------------------

DEEP = "[" * 100_000 + "]" * 100_000


def payloads(run: Path, text: str) -> None:
    """Put a text where a payload was, in each envelope."""
    envelope = json.loads((run / FILE).read_text().splitlines()[0])
    envelope["payload"] = base64.b64encode(text.encode()).decode()
    (run / FILE).write_text(f"{json.dumps(envelope)}\n" * 2)


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"predicateType": None}, "predicate types of text"), ({"predicate": None}, "a predicate of"),
     ({"predicate": []}, "a predicate of"), ({"predicateType": []}, "predicate types of text"),
     ({"subject": [{"name": 3, "digest": {"sha256": "0"}}]}, "expected names"),
     ({"subject": [{"name": None, "digest": {"sha256": "0"}}]}, "expected names"),
     ({"subject": [{"name": [], "digest": {"sha256": "0"}}]}, "holds no in-toto statement"),
     ({"subject": [{"name": "a", "digest": {"sha256": []}}]}, "expected names")],
    ids=str,
)  # fmt: skip
def test_a_statement_of_another_shape_is_none(
    changes: dict[str, Any], said: str, judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rewrite(judged, **changes)
    assert main(["verify", str(judged)]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("lacking", ["predicate", "predicateType"])
def test_a_statement_without_a_predicate_or_its_type_is_none(
    lacking: str, judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = statements(judged)[0]
    payloads(judged, json.dumps({name: body[name] for name in body if name != lacking}))
    assert main(["verify", str(judged)]) == 2
    assert FILE in capsys.readouterr().err


def test_a_payload_of_thousands_of_lists_in_each_other_is_no_statement(
    judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    payloads(judged, DEEP)
    assert main(["verify", str(judged)]) == 2
    assert "holds no in-toto statement" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "said"),
    [("a\0b", "✕ 'a\\x00b': names no file that could be read"),
     ("x" * 5000, "...xxxxxxxxxxxxx': cannot be read: File name too long"),
     ("half \ud800", "✕ 'half \\ud800': names no file that could be read"),
     ("a\n· verdict: GO", "✕ 'a\\n· verdict: GO': gone"), ("round", "✕ round: names no file"),
     ("evidence", "✕ evidence: gone")],
    ids=["nul", "long", "half-a-character", "two-lines", "links-in-a-circle", "folder"],
)  # fmt: skip
def test_a_name_that_no_file_can_have_is_a_fault_in_one_line(
    name: str, said: str, judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (judged / "round").symlink_to("round")
    rewrite(judged, subject=[{"name": name, "digest": {"sha256": "0" * 64}}])
    assert main(["verify", str(judged)]) == 1
    told = capsys.readouterr().out
    assert said in told
    assert max(map(len, told.splitlines())) < 300


def unreadable(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let a file be one that nobody may read; whoever runs the tests might read every file."""
    read = Path.open

    def refuse(path: Path, *how: Any, **more: Any) -> Any:
        if path.name == name:
            raise PermissionError(13, "Permission denied", str(path))
        return read(path, *how, **more)

    monkeypatch.setattr(Path, "open", refuse)


def test_a_subject_that_cannot_be_read_is_a_fault(
    judged: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    unreadable(monkeypatch, "ctrf.json")
    assert main(["verify", str(judged)]) == 1
    assert "✕ ctrf.json: cannot be read: Permission denied" in capsys.readouterr().out


def test_a_lockfile_that_cannot_be_read_is_not_compared(
    judged: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lockfile = {"name": "uv.lock", "digest": {"sha256": "0" * 64}}
    rewrite(judged, subject=[*statements(judged)[0]["subject"], lockfile])
    Path("uv.lock").write_text("")
    unreadable(monkeypatch, "uv.lock")
    assert main(["verify", str(judged)]) == 0
    assert "uv.lock: not compared, it cannot be read" in capsys.readouterr().out


def test_a_folder_that_cannot_be_looked_through_is_a_fault(
    judged: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path, onerror: Any) -> Iterator[Any]:
        onerror(PermissionError(13, "Permission denied", "traces"))
        yield from ()

    monkeypatch.setattr(os, "walk", refuse)
    assert main(["verify", str(judged)]) == 1
    assert "✕ traces: cannot be looked through: Permission denied" in capsys.readouterr().out
    with pytest.raises(StatementError, match="traces: cannot be read: Permission denied"):
        subjects_of(judged, "")


@pytest.mark.parametrize(
    "text",
    ['{"release": []}', '{"release": {}}', '{"release": "MAYBE"}', '{"release": "GO"}', DEEP,
     '{"release": "GO", "objectives": 3}', '{"release": "GO", "objectives": ["x"]}', "1" * 5000],
    ids=lambda text: text[:40],
)  # fmt: skip
def test_a_verdict_of_another_shape_cannot_agree(
    text: str, judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (judged / "verdict.json").write_text(text)
    assert main(["verify", str(judged)]) == 1
    told = capsys.readouterr().out
    assert "✕ verdict.json: holds no verdict" in told
    assert max(map(len, told.splitlines())) < 300


def test_a_statement_that_cannot_be_written_says_what_is_in_the_way(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / FILE).mkdir()
    assert main([f"out/{RUN}"]) == 2
    told = capsys.readouterr().err
    assert f"{FILE}: cannot be written: Is a directory" in told
    assert "judge the run again" in told
    assert (run / "verdict.json").exists()


# --- signing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_a_signed_statement_is_verified_with_the_public_key(
    kind: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else (
        ec.generate_private_key(ec.SECP256R1())
    )  # fmt: skip
    private, public = keys(tmp_path, "release", made)
    main([f"out/{RUN}", "--sign", str(private)])
    assert main(["verify", str(run), "--key", str(public)]) == 0
    assert main(["verify", str(run)]) == 0
    assert "signed, but no --key was given" in capsys.readouterr().out


def test_a_statement_of_another_key_or_of_none_is_not_accepted(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine, _ = keys(tmp_path, "mine", ed25519.Ed25519PrivateKey.generate())
    _, other = keys(tmp_path, "other", ed25519.Ed25519PrivateKey.generate())
    main([f"out/{RUN}"])
    assert main(["verify", str(run), "--key", str(other)]) == 1
    main([f"out/{RUN}", "--sign", str(mine)])
    assert main(["verify", str(run), "--key", str(other)]) == 1
    assert f"{FILE}:2: not signed by" in capsys.readouterr().out


def test_a_signed_statement_that_was_written_anew_is_not_accepted(
    run: Path, tmp_path: Path
) -> None:
    private, public = keys(tmp_path, "release", ed25519.Ed25519PrivateKey.generate())
    main([f"out/{RUN}", "--sign", str(private)])
    rewrite(run, predicate={"result": "FAILED"})
    assert main(["verify", str(run), "--key", str(public)]) == 1


@pytest.mark.parametrize("content", [None, b"nonsense"])
def test_a_key_that_is_none_is_refused_before_anything_is_judged(
    content: bytes | None, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.pem"
    if content is not None:
        path.write_bytes(content)
    assert main([f"out/{RUN}", "--sign", str(path)]) == 2
    assert str(path) in capsys.readouterr().err
    assert not (run / "verdict.json").exists()


def test_the_key_may_come_from_the_environment(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private, public = keys(tmp_path, "release", ed25519.Ed25519PrivateKey.generate())
    monkeypatch.setenv("TOUCHLINE_SIGNING_KEY", str(private))
    main([f"out/{RUN}"])
    assert main(["verify", str(run), "--key", str(public)]) == 0


@pytest.mark.parametrize(
    ("text", "said"), [(None, "cannot be read"), ("no key", "expected a public key in PEM")]
)
def test_a_public_key_that_is_none_is_refused(
    text: str | None, said: str, judged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = judged.parent / "key.pub"
    if text is not None:
        key.write_text(text)
    assert main(["verify", str(judged), "--key", str(key)]) == 2
    assert f"{key}: {said}" in capsys.readouterr().err
