"""A judged run says what it holds; a changed one cannot say it any more."""

from __future__ import annotations

import base64
import json
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
from reports.statement import FILE, NOT_SHOWN, STATEMENT, TEST_RESULT
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
