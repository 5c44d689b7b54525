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
RESULTS = {"GO": "PASSED", "NO-GO": "FAILED", "NO VERDICT": "FAILED"}
MOST_TESTS = 1000


class KeyFileError(ValueError):
    """A key cannot be used; the message names the file and what was expected."""


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
    """Every file of a run's folder that a statement is about, by name; hidden ones are nobody's."""
    found = (path.relative_to(run_dir) for path in run_dir.rglob("*") if path.is_file())
    return tuple(
        sorted(
            name.as_posix()
            for name in found
            if name.as_posix() != FILE and not any(part.startswith(".") for part in name.parts)
        )
    )


def subjects_of(run_dir: Path, lockfile_sha256: str) -> tuple[Subject, ...]:
    """The run's files as they lie, and the lockfile that was measured. Raises OSError."""
    files = tuple(Subject(name, digest_of(run_dir / name)) for name in files_of(run_dir))
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
    predicates: Mapping[str, Any] = {
        TEST_RESULT: _test_result(verdicts, judged_by),
        NOT_SHOWN: _not_shown(verdicts, evidence, judged_at),
    }
    return tuple(
        {"_type": STATEMENT, "subject": about, "predicateType": kind, "predicate": predicate}
        for kind, predicate in predicates.items()
    )


def _test_result(verdicts: Verdicts, judged_by: Sequence[Subject]) -> dict[str, Any]:
    required = [item for item in verdicts.objectives if item.required]
    return {
        "result": RESULTS[verdicts.release],
        "configuration": [subject.as_descriptor() for subject in judged_by],
        "passedTests": [item.id for item in required if item.state == "met"],
        "warnedTests": [item.id for item in required if item.state == "waived"],
        "failedTests": [item.id for item in required if item.state not in ("met", "waived")],
    }


def _not_shown(
    verdicts: Verdicts, evidence: Sequence[LayerEvidence], judged_at: str
) -> dict[str, Any]:
    tests = list(_not_run(evidence))
    return {
        "release": verdicts.release,
        "policy": verdicts.policy,
        "judgedAt": judged_at,
        "tree": verdicts.tree,
        "objectives": [
            {"id": item.id, "required": item.required, "state": item.state, "why": item.why}
            for item in verdicts.objectives
            if item.state in ("no evidence", "invalid")
        ],
        "layers": [
            {"layer": item.layer, "grade": item.grade, "reasons": list(item.reasons)}
            for item in verdicts.layers
            if item.grade != "sound"
        ],
        "tests": tests[:MOST_TESTS],
        "testsMore": max(len(tests) - MOST_TESTS, 0),
    }


def _not_run(evidence: Sequence[LayerEvidence]) -> Iterator[dict[str, str]]:
    for layer in evidence:
        for record in layer.records:
            if isinstance(record, Check) and record.outcome in ("skipped", "error"):
                yield {"id": record.id, "outcome": record.outcome, "why": record.message[:300]}


# --- envelopes ---------------------------------------------------------------------------------


def write(run_dir: Path, made: Sequence[Mapping[str, Any]], signer: CryptoSigner | None) -> None:
    """Write the statements as envelopes, signed where there is a signer. Raises OSError."""
    lines = []
    for statement in made:
        payload = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        envelope = _envelope(payload.encode("utf-8", "replace"), signer)
        lines.append(json.dumps(envelope, sort_keys=True))
    (run_dir / FILE).write_text("\n".join(lines) + "\n", "utf-8")


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
