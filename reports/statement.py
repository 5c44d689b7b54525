"""What a run says about itself to others: in-toto statements over the digests of its files.

``statement.intoto.jsonl`` holds two DSSE envelopes, one a line, over the same subjects: every file
of the run's folder, and the lockfile. The first has the predicate of in-toto's test results
(https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md), whose tests are
the objectives that the policy requires. That predicate has no word for what was not shown, so the
second has one of our own (`NOT_SHOWN`): objectives without a verdict, layers whose evidence is not
whole, and tests that did not run. A release without a verdict is FAILED there: it did not pass.

Envelopes are signed (Ed25519, ECDSA or RSA) when a key is given, and carry no signature otherwise.
Then they prove that nothing was changed by accident, and nothing against somebody who writes them
anew.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.evidence import Check, LayerEvidence
from reports.verdicts import Verdicts

if TYPE_CHECKING:
    from securesystemslib.signer._crypto_signer import CryptoSigner

FILE = "statement.intoto.jsonl"
STATEMENT = "https://in-toto.io/Statement/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
NOT_SHOWN = "urn:touchline:predicate:not-shown:v1"
PAYLOAD = "application/vnd.in-toto+json"
LOCKFILE = "uv.lock"
EVIDENCE = "evidence"
RESULTS = {"GO": "PASSED", "NO-GO": "FAILED", "NO VERDICT": "FAILED"}
MOST_TESTS = 1000


class KeyFileError(ValueError):
    """A key cannot be used; the message names the file and what was expected."""


class StatementError(ValueError):
    """No statement can be made of a run; the message says what is in the way, and what to do."""


@dataclass(frozen=True)
class Subject:
    """A file, by its name within the run's folder, and its SHA-256."""

    name: str
    sha256: str

    def as_descriptor(self) -> dict[str, Any]:
        """in-toto's ResourceDescriptor."""
        return {"name": self.name, "digest": {"sha256": self.sha256}}


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_of(run_dir: Path) -> tuple[str, ...]:
    """Every file of a run's folder that a statement is about, by name. Raises OSError.

    Hidden files are nobody's, except below ``evidence``: what is read there is judged, whatever it
    is called. What lies behind a link to a folder is not among them, see `linked_folders`.
    """
    found = [name for _, files in _folders(run_dir) for name in files]
    return tuple(sorted(name for name in found if name != FILE and (run_dir / name).is_file()))


def linked_folders(run_dir: Path) -> tuple[str, ...]:
    """The links to folders in a run's folder, which may lead to others tomorrow. Raises OSError."""
    found = [name for folders, _ in _folders(run_dir) for name in folders]
    return tuple(sorted(name for name in found if (run_dir / name).is_symlink()))


def strange_files(run_dir: Path) -> tuple[str, ...]:
    """What lies below ``evidence``, would be judged, and is no file to state. Raises OSError.

    Links that lead nowhere may lead somewhere tomorrow; pipes and the like hold nothing. Nor is a
    folder evidence, whatever it is called.
    """
    found = [
        name
        for folders, files in _folders(run_dir)
        for name in (*files, *(folder for folder in folders if folder.endswith(".ndjson")))
        if name.startswith(f"{EVIDENCE}/")
    ]
    return tuple(sorted(name for name in found if not (run_dir / name).is_file()))


def _folders(run_dir: Path) -> Iterator[tuple[list[str], list[str]]]:
    """Of each folder the names of its folders and files, as seen from the run's."""

    def refuse(error: OSError) -> None:
        raise error

    for folder, folders, files in os.walk(run_dir, onerror=refuse):
        prefix = "" if Path(folder) == run_dir else f"{Path(folder).relative_to(run_dir)}/"
        folders[:] = [name for name in folders if not _is_nobodys(prefix + name)]
        yield (
            [prefix + name for name in folders],
            [prefix + name for name in files if not _is_nobodys(prefix + name)],
        )


def _is_nobodys(name: str) -> bool:
    parts = name.split("/")
    return parts[0] != EVIDENCE and any(part.startswith(".") for part in parts)


def subjects_of(run_dir: Path, lockfile_sha256: str) -> tuple[Subject, ...]:
    """The run's files as they lie, and the lockfile that was measured. Raises StatementError."""
    try:
        if linked := linked_folders(run_dir):
            raise StatementError(
                f"{run_dir / linked[0]}: a link to a folder, and no statement holds for what a "
                "link leads to\nput the folder itself there, and judge the run again"
            )
        if strange := strange_files(run_dir):
            raise StatementError(
                f"{run_dir / strange[0]}: no regular file, and no statement holds for anything else"
                "\ntake it out of the evidence, and judge the run again"
            )
        files = tuple(Subject(name, digest_of(run_dir / name)) for name in files_of(run_dir))
    except OSError as error:
        raise StatementError(
            f"{error.filename or run_dir}: cannot be read: {error.strerror}\n"
            "make it readable, and judge the run again"
        ) from None
    return (*files, Subject(LOCKFILE, lockfile_sha256)) if lockfile_sha256 else files


def statements(
    subjects: Sequence[Subject],
    verdicts: Verdicts,
    evidence: Sequence[LayerEvidence],
    judged_by: Sequence[Subject],
    judged_at: str,
) -> tuple[dict[str, Any], ...]:
    """Both statements. `judged_by` are the files of objectives and waivers."""
    about = [subject.as_descriptor() for subject in subjects]
    said = said_of(
        {
            **{name: getattr(verdicts, name) for name in ("release", "policy", "tree")},
            "judged_at": judged_at,
            "objectives": [vars(item) for item in verdicts.objectives],
            "layers": [vars(item) for item in verdicts.layers],
        }
    )
    configuration = [subject.as_descriptor() for subject in judged_by]
    predicates: Mapping[str, Any] = {
        TEST_RESULT: {**said[TEST_RESULT], "configuration": configuration},
        NOT_SHOWN: {**said[NOT_SHOWN], **not_run(evidence)},
    }
    return tuple(
        {"_type": STATEMENT, "subject": about, "predicateType": kind, "predicate": predicate}
        for kind, predicate in predicates.items()
    )


def said_of(verdict: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What both predicates say of a verdict, given in the words of verdict.json.

    Made of the file, it is what `verify` holds a statement against. Raises KeyError and TypeError
    where the file holds something else.
    """
    return {
        TEST_RESULT: {"result": RESULTS[verdict["release"]], **_tests(verdict["objectives"])},
        NOT_SHOWN: {
            "release": verdict["release"],
            "policy": verdict["policy"],
            "judgedAt": verdict["judged_at"],
            "tree": verdict["tree"],
            "objectives": [
                {name: item[name] for name in ("id", "required", "state", "why")}
                for item in verdict["objectives"]
                if item["state"] in ("no evidence", "invalid")
            ],
            "layers": [
                {"layer": item["layer"], "grade": item["grade"], "reasons": list(item["reasons"])}
                for item in verdict["layers"]
                if item["grade"] != "sound"
            ],
        },
    }


def _tests(objectives: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    required = [(item["id"], item["state"]) for item in objectives if item["required"]]
    return {
        "passedTests": [name for name, state in required if state == "met"],
        "warnedTests": [name for name, state in required if state == "waived"],
        "failedTests": [name for name, state in required if state not in ("met", "waived")],
    }


def not_run(evidence: Sequence[LayerEvidence]) -> dict[str, Any]:
    """The tests that did not run, and how many more there are than a statement lists."""
    tests = [
        {"id": record.id, "outcome": record.outcome, "why": record.message[:300]}
        for layer in evidence
        for record in layer.records
        if isinstance(record, Check) and record.outcome in ("skipped", "error")
    ]
    return {"tests": tests[:MOST_TESTS], "testsMore": max(len(tests) - MOST_TESTS, 0)}


# --- envelopes ---------------------------------------------------------------------------------


def write(run_dir: Path, made: Sequence[Mapping[str, Any]], signer: CryptoSigner | None) -> None:
    """Write the statements as envelopes, signed with a signer. Raises StatementError."""
    lines = []
    for statement in made:
        payload = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        envelope = _envelope(payload.encode("utf-8", "replace"), signer)
        lines.append(json.dumps(envelope, sort_keys=True))
    path = run_dir / FILE
    try:
        path.write_text("\n".join(lines) + "\n", "utf-8")
    except OSError as error:
        raise StatementError(
            f"{path}: cannot be written: {error.strerror}\nmake room there, and judge the run again"
        ) from None


def _envelope(payload: bytes, signer: CryptoSigner | None) -> dict[str, Any]:
    """DSSE's envelope (https://github.com/secure-systems-lab/dsse/blob/master/envelope.md)."""
    if signer is None:  # the library costs a third of a second, and would do no more than this
        encoded = base64.b64encode(payload).decode()
        return {"payload": encoded, "payloadType": PAYLOAD, "signatures": []}
    from securesystemslib.dsse import Envelope

    envelope = Envelope(payload, PAYLOAD, {})
    envelope.sign(signer)
    return dict(envelope.to_dict())


def signer_of(path: Path) -> CryptoSigner:
    """The signer of a private key, PEM without a password. Raises KeyFileError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from securesystemslib.signer._crypto_signer import CryptoSigner

    try:
        key: Any = load_pem_private_key(path.read_bytes(), None)
        return CryptoSigner(key)
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        wanted = "expected a private key in PEM without a password (Ed25519, ECDSA or RSA)"
        raise KeyFileError(f"{path}: {wanted}: {error}") from None
