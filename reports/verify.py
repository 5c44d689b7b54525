"""Whether a run's folder is what its statement says: each file by its digest, without a network."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.evidence import read_run
from reports.statement import (
    EVIDENCE,
    FILE,
    LOCKFILE,
    NOT_SHOWN,
    PAYLOAD,
    STATEMENT,
    TEST_RESULT,
    KeyFileError,
    digest_of,
    files_of,
    linked_folders,
    not_run,
    said_of,
    strange_files,
)

if TYPE_CHECKING:
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer._key import Key


MOST_SHOWN = 200


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
        *_kinds(bodies),
        *_said(bodies, run_dir),
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
        parts = (*subjects, *subjects.values(), body.get("predicateType"))
        right = body["_type"] == STATEMENT and envelope.payload_type == PAYLOAD and subjects
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableError(f"{FILE}: an envelope holds no in-toto statement ({error})") from None
    if not right:
        raise UnreadableError(f"{FILE}: expected {STATEMENT} about some files")
    if not all(isinstance(part, str) for part in parts):
        raise UnreadableError(f"{FILE}: expected names, digests and predicate types of text")
    if not isinstance(body.get("predicate"), dict):
        raise UnreadableError(f"{FILE}: expected a predicate of {body['predicateType']!r}")
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
        elif problem := _problem(name, digest, run_dir):
            yield Finding(True, f"{_shown(name)}: {problem}")
        else:
            unchanged += 1
    yield Finding(False, f"{unchanged} files are what they were")


def _problem(name: str, digest: str, run_dir: Path) -> str:
    """What is not right with a file of the run; empty where it is the one that was judged."""
    path = run_dir / name
    try:
        if not path.resolve().is_relative_to(run_dir.resolve()):
            return "leads out of the run's folder"
        if not path.is_file():
            return "gone"
        return "" if digest_of(path) == digest else "changed"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except (ValueError, RuntimeError):  # a NUL, half a character, links that lead to each other
        return "names no file that could be read"


def _shown(name: str) -> str:
    """A name as one line of text: those of a statement may hold anything, and be of any length."""
    return name if name.isprintable() and len(name) <= MOST_SHOWN else reprlib.repr(name)


def _lockfile(path: Path, digest: str) -> Iterator[Finding]:
    try:
        same = digest_of(path) == digest if path.is_file() else None
    except OSError as error:
        yield Finding(False, f"{LOCKFILE}: not compared, it cannot be read: {error.strerror}")
        return
    if same is None:
        yield Finding(False, f"{LOCKFILE}: not here, so not compared")
    elif not same:
        yield Finding(False, f"{LOCKFILE}: the one that lies here is not the one that was measured")


def _added(body: dict[str, Any], run_dir: Path) -> Iterator[Finding]:
    try:
        linked, files = linked_folders(run_dir), files_of(run_dir)
        strange = strange_files(run_dir)
    except OSError as error:
        where = _shown(str(error.filename or run_dir))
        yield Finding(True, f"{where}: cannot be looked through: {error.strerror}")
        return
    for name in linked:
        text = f"{_shown(name)}: a link to a folder, nothing speaks for what lies behind it"
        yield Finding(True, text)
    for name in strange:
        yield Finding(True, f"{_shown(name)}: no regular file, and nothing speaks for it")
    for name in files:
        if name not in body["subject"]:
            told = f"{_shown(name)}: came later, nothing speaks for it"
            yield Finding(name.startswith(f"{EVIDENCE}/"), told)


def _kinds(bodies: Sequence[dict[str, Any]]) -> Iterator[Finding]:
    """One statement of each kind: without the second, nothing says what was not shown."""
    kinds = [body["predicateType"] for body in bodies]
    for kind in (TEST_RESULT, NOT_SHOWN):
        if (found := kinds.count(kind)) != 1:
            yield Finding(True, f"{FILE}: expected one statement of {kind}, found {found}")


def _said(bodies: Sequence[dict[str, Any]], run_dir: Path) -> Iterator[Finding]:
    """Both statements must say what the verdict says, and name the tests that did not run."""
    try:
        verdict = json.loads((run_dir / "verdict.json").read_text("utf-8"))
        said = said_of(verdict)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        yield Finding(True, f"verdict.json: holds no verdict ({reprlib.repr(error)})")
        return
    told = [body["predicate"].get("result") for body in bodies
            if body["predicateType"] == TEST_RESULT]  # fmt: skip
    result, release = said[TEST_RESULT].pop("result"), verdict["release"]
    if told != [result]:
        said_there = reprlib.repr(told)
        yield Finding(True, f"the statement says {said_there}, verdict.json says {release}")
    else:
        yield Finding(False, f"verdict: {release}")
    for body in bodies:
        yield from _differing(body, said.get(body["predicateType"], {}), "verdict.json")
        if body["predicateType"] == NOT_SHOWN:
            yield from _tests_not_run(body["predicate"], run_dir)


def _differing(
    body: Mapping[str, Any], expected: Mapping[str, Any], source: str
) -> Iterator[Finding]:
    for name, value in expected.items():
        if body["predicate"].get(name) != value:
            text = f"{FILE}: {name} of {body['predicateType']} is not what {source} says"
            yield Finding(True, text)


def _tests_not_run(predicate: Mapping[str, Any], run_dir: Path) -> Iterator[Finding]:
    """By their names and outcomes: how a message is cut may change with the judge."""
    expected = not_run(read_run(run_dir))
    try:
        told = [(item["id"], item["outcome"]) for item in predicate["tests"]]
    except (KeyError, TypeError):
        told = []
    wanted = [(item["id"], item["outcome"]) for item in expected["tests"]]
    if (told, predicate.get("testsMore")) != (wanted, expected["testsMore"]):
        yield Finding(True, f"{FILE}: tests of {NOT_SHOWN} are not those of the evidence")
