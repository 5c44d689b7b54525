"""Whether a run's folder is what its statement says: each file by its digest, without a network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.statement import (
    FILE,
    LOCKFILE,
    PAYLOAD,
    RESULTS,
    STATEMENT,
    TEST_RESULT,
    KeyFileError,
    digest_of,
    files_of,
)

if TYPE_CHECKING:
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer._key import Key


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: a fault, or what the reader should know."""

    fault: bool
    text: str

    def __str__(self) -> str:
        return f"{'✕' if self.fault else '·'} {self.text}"


class UnreadableError(ValueError):
    """There is nothing to verify with: no statement, or none that can be read."""


def verify(run_dir: Path, root: Path, key: Path | None = None) -> tuple[Finding, ...]:
    """Hold a run's folder against its statement; the faults are what is not as it was.

    `root` is where a lockfile may lie, `key` a public key in PEM that must have signed. Raises
    UnreadableError without a statement, KeyFileError for a key that is none.
    """
    envelopes = _envelopes(run_dir / FILE)
    bodies = [_body(envelope) for envelope in envelopes]
    return (
        *_signatures(envelopes, key),
        *_agreeing(bodies),
        *_subjects(bodies[0], run_dir, root),
        *_added(bodies[0], run_dir),
        *_result(bodies, run_dir),
    )


def _envelopes(path: Path) -> list[Envelope]:
    from securesystemslib.dsse import Envelope

    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(f"{path}: no statement can be read there ({error})") from None
    try:
        found = [Envelope.from_dict(json.loads(line)) for line in lines]
    except Exception as error:
        raise UnreadableError(f"{path}: not a line of DSSE envelopes ({error!r})") from None
    if not found:
        raise UnreadableError(f"{path}: holds no statement")
    return found


def _body(envelope: Envelope) -> dict[str, Any]:
    try:
        body = json.loads(envelope.payload)
        subjects = {item["name"]: item["digest"]["sha256"] for item in body["subject"]}
        right = body["_type"] == STATEMENT and envelope.payload_type == PAYLOAD and subjects
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableError(f"{FILE}: an envelope holds no in-toto statement ({error})") from None
    if not right:
        raise UnreadableError(f"{FILE}: expected {STATEMENT} about some files")
    return dict(body, subject=subjects)


def _signatures(envelopes: Sequence[Envelope], key: Path | None) -> Iterator[Finding]:
    signed = all(envelope.signatures for envelope in envelopes)
    if key is None:
        said = "signed, but no --key was given to check it by" if signed else (
            "not signed: this shows accidents, not forgery"
        )  # fmt: skip
        yield Finding(False, f"the statement is {said}")
        return
    public = _public_key(key)
    for number, envelope in enumerate(envelopes, start=1):
        if not _is_signed_by(envelope, public):
            yield Finding(True, f"{FILE}:{number}: not signed by {key}")


def _is_signed_by(envelope: Envelope, key: Key) -> bool:
    from securesystemslib.exceptions import VerificationError

    try:
        envelope.verify([key], 1)
    except VerificationError:
        return False
    return True


def _public_key(path: Path) -> Key:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.signer._key import SSlibKey

    try:
        key: Any = load_pem_public_key(path.read_bytes())
        return SSlibKey.from_crypto(key)
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read: {error.strerror}") from None
    except Exception as error:
        raise KeyFileError(f"{path}: expected a public key in PEM: {error}") from None


def _agreeing(bodies: Sequence[dict[str, Any]]) -> Iterator[Finding]:
    if any(body["subject"] != bodies[0]["subject"] for body in bodies[1:]):
        yield Finding(True, f"{FILE}: its statements are about different files")


def _subjects(body: dict[str, Any], run_dir: Path, root: Path) -> Iterator[Finding]:
    """Each file by its digest. Names that lead out of the folder are not followed."""
    unchanged = 0
    for name, digest in body["subject"].items():
        if name == LOCKFILE:
            yield from _lockfile(root / LOCKFILE, digest)
            continue
        path = run_dir / name
        if not path.resolve().is_relative_to(run_dir.resolve()):
            yield Finding(True, f"{name}: leads out of the run's folder")
        elif not path.is_file():
            yield Finding(True, f"{name}: gone")
        elif digest_of(path) != digest:
            yield Finding(True, f"{name}: changed")
        else:
            unchanged += 1
    yield Finding(False, f"{unchanged} files are what they were")


def _lockfile(path: Path, digest: str) -> Iterator[Finding]:
    if not path.is_file():
        yield Finding(False, f"{LOCKFILE}: not here, so not compared")
    elif digest_of(path) != digest:
        yield Finding(False, f"{LOCKFILE}: the one that lies here is not the one that was measured")


def _added(body: dict[str, Any], run_dir: Path) -> Iterator[Finding]:
    for name in files_of(run_dir):
        if name not in body["subject"]:
            yield Finding(
                name.startswith("evidence/"), f"{name}: came later, nothing speaks for it"
            )


def _result(bodies: Sequence[dict[str, Any]], run_dir: Path) -> Iterator[Finding]:
    """The statement's result and the verdict's must be the same."""
    told = [body["predicate"].get("result") for body in bodies
            if body["predicateType"] == TEST_RESULT]  # fmt: skip
    try:
        release = json.loads((run_dir / "verdict.json").read_text("utf-8"))["release"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        yield Finding(True, f"verdict.json: holds no verdict ({error!r})")
        return
    if told != [RESULTS.get(release)]:
        yield Finding(True, f"the statement says {told}, verdict.json says {release}")
    else:
        yield Finding(False, f"verdict: {release}")
