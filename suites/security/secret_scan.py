"""detect-secrets over the files of the checkout and over every line its history ever added.

Tuning, against detect-secrets' defaults:

- No file is left out for its name: by default `.lock`, `.css`, `.svg` and swagger files are. The
  lock file makes no noise, for its hashes carry a `sha256:` prefix inside their quotes.
- Comments are read, and so are values without quotes, in files that cannot be parsed as well.
- Nothing is verified over the network, and public IP addresses are no secrets.
- Hex strings count from 3.5 bits a character on, Base64 from 4.5: random keys of 32 characters
  and more lie above; colours, short ids and words below.
- The keyword detector (`password = "..."`) is off in `suites`: a made-up password is what a test
  of passwords is about. Keys with a form or with entropy are found there all the same.
- Allowances are read here: detect-secrets takes one without a reason, and spellings that nobody
  would find again. `# pragma: allowlist secret (why)` speaks for its line, and with
  `allowlist nextline secret`, alone on a line, for the next one; without a reason, for nothing.

What stands in the history alone is allowed in `history_allowances.txt` beside this file.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.core.potential_secret import PotentialSecret
from detect_secrets.core.scan import _process_line_based_plugins
from detect_secrets.settings import transient_settings

from reports.evidence import Finding, fingerprint
from suites.security import readings, sieve
from suites.security.history import Line, texts_of
from suites.security.known_clean import NOTHING, KnownClean
from suites.security.readings import Reading, readings_of
from suites.security.sieve import Sieve

TOOL = "detect-secrets"
CODE = (__name__, readings.__name__, sieve.__name__)
"""The modules that decide what is found."""
_MARK = re.compile(
    r"(?P<line>.*?)\s*(?:#|//|/\*|--|<!--)\s*pragma: ?allowlist(?P<next>[ -]nextline)?[ -]secret"
    r"(?P<reason>.*)"
)
_LIMITS = {"Base64HighEntropyString": 4.5, "HexHighEntropyString": 3.5}
_FILTERS = (
    "heuristic.is_sequential_string",
    "heuristic.is_potential_uuid",
    "heuristic.is_templated_secret",
    "heuristic.is_indirect_reference",
    "heuristic.is_not_alphanumeric_string",
)
_WITHOUT_KEYWORDS = "suites"
# A line of which every key of its kind has the same: to allow one of them allows no other.
_COMMON = re.compile(r"BEGIN [A-Z ]*PRIVATE KEY")
# Planted beside the lines of each scan, under paths that no file can have: the text, and the rule
# that must speak. Worked out or glued together, so that this file itself holds nothing like a key.
_NOBODYS = hashlib.sha256(b"a key that opens nothing")
_FORMED = "AKIA" + "Q7PJ2XT4VN6HWZRB"
_KINDS = {
    "canary.py": (f"KEY = '{_FORMED}'", "aws-access-key"),
    "canary.toml": (f'key = "{_NOBODYS.hexdigest()}"', "hex-high-entropy-string"),
    "canary.json": (
        f'{{"key": "{base64.b64encode(_NOBODYS.digest()).decode()}"}}',
        "base64-high-entropy-string",
    ),
    "canary.pem": ("-----BEGIN EC " + "PRIVATE KEY-----", "private-key"),
    "comment.cfg": (f"[keys]\nowner = nobody\n# it was {_FORMED}", "aws-access-key"),
    "value.cfg": (f"[keys]\nkey = {_NOBODYS.hexdigest()}", "hex-high-entropy-string"),
}
# Each kind under each of the two settings, and the word that one of them alone looks for.
CANARIES = {
    **{f"{folder}/{name}": canary
       for folder in ("\0", f"{_WITHOUT_KEYWORDS}/\0") for name, canary in _KINDS.items()},
    "\0/keyword.py": ("pass" + 'word = "hunter2-and-more"', "secret-keyword"),
}  # fmt: skip
# Where a line means something by those around it, so that each has to stay where it is.
_STRUCTURED = frozenset({".yaml", ".yml", ".eyaml"})


@dataclass(frozen=True)
class TreeScan:
    """What the files of today hold, and which could be read; `missing` says why one could not.

    `allowed` are the lines' texts that an allowance in the tree speaks for, `lines` all of them. A
    scan that missed a planted key is `blind`, and has scanned nothing.
    """

    findings: tuple[Finding, ...]
    scanned: tuple[str, ...]
    missing: tuple[str, ...]
    allowed: frozenset[str]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class PastScan:
    """What the history holds beyond the files of today; `blind` says which planted key it missed.

    A blind scan has seen no commit, whatever it found.
    """

    findings: tuple[Finding, ...]
    blind: str = ""


def scan_tree(files: Iterable[Path], root: Path, memory: KnownClean = NOTHING) -> TreeScan:
    """Scan `files` as they are now; what `memory` knows to be clean is passed over."""
    lines: list[Line] = []
    scanned, missing = [], []
    for path in files:
        name = path.relative_to(root).as_posix()
        try:
            raw = path.read_bytes()
        except OSError as error:
            missing.append(f"{name}: {error.strerror}")
            continue
        scanned.append(name)
        # An image's bytes are scanned too: a replaced byte must not keep the rest from being read.
        text = texts_of(raw.decode("utf-8", "replace"))
        lines += [Line(name, number, one) for number, one in enumerate(text, start=1)]
    found, blind = _scan_beside_canaries(lines, memory=memory)
    if blind:
        missing += [f"{name}: {blind}" for name in scanned]
        scanned = []
    allowed = frozenset(text for _, text in _allowed(lines) if not _COMMON.search(text))
    findings = (*found, *_reasonless(lines))
    return TreeScan(findings, tuple(scanned), tuple(missing), allowed, tuple(lines))


def scan_past(past: Iterable[Line], today: TreeScan, memory: KnownClean = NOTHING) -> PastScan:
    """Scan what the history added beyond what stands in the same files today."""
    known = {(line.path, line.text) for line in today.lines}
    gone = [line for line in past if (line.path, line.text) not in known]
    already = {finding.fingerprint for finding in today.findings}
    found, blind = _scan_beside_canaries(gone, today.allowed, memory)
    return PastScan(tuple(one for one in found if one.fingerprint not in already), blind)


def _scan_beside_canaries(
    lines: Sequence[Line], allowed: Set[str] = frozenset(), memory: KnownClean = NOTHING
) -> tuple[tuple[Finding, ...], str]:
    """Findings among `lines`, and which key planted beside them was missed, if one was."""
    planted = [
        Line(path, number, one)
        for path, (text, _) in CANARIES.items()
        for number, one in enumerate(text.split("\n"), start=1)
    ]
    found = scan_lines([*lines, *planted], allowed, memory)
    seen = {(finding.path, finding.rule) for finding in found}
    missed = [rule for path, (_, rule) in CANARIES.items() if (path, rule) not in seen]
    blind = f"{TOOL} did not see its canary of {', '.join(missed)}" if missed else ""
    return tuple(finding for finding in found if finding.path not in CANARIES), blind


def scan_lines(
    lines: Sequence[Line], allowed: Set[str] = frozenset(), memory: KnownClean = NOTHING
) -> tuple[Finding, ...]:
    """Scan lines of any files; those with a text in `allowed` are passed over."""
    spoken_for = {line for line, _ in _allowed(lines)}
    by_path: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if line not in spoken_for and line.text.strip() not in allowed:
            by_path[line.path].append(line)
    findings: list[Finding] = []
    with TemporaryDirectory(prefix="touchline-secrets-") as scratch:
        for keywords in (False, True):
            with transient_settings(_settings(keywords=keywords)):
                detectors = Sieve()
                for number, (path, found) in enumerate(by_path.items()):
                    if _wants_keywords(path) == keywords:
                        folder = Path(scratch, str(number))
                        findings += _scan_unless_known(path, found, folder, detectors, memory)
    return tuple(findings)


def _scan_unless_known(
    path: str, lines: list[Line], folder: Path, detectors: Sieve, memory: KnownClean
) -> list[Finding]:
    digest = memory.digest(path, "\n".join(line.text for line in lines))
    if path not in CANARIES and memory.knows(digest):
        return []
    found = list(_scan_one(path, lines, folder, detectors))
    if not found:
        memory.note(digest)
    return found


def _scan_one(path: str, lines: list[Line], folder: Path, detectors: Sieve) -> Iterator[Finding]:
    # detect-secrets chooses its patterns by the ends of names, and reads configurations from files.
    folder.mkdir()
    name = PurePosixPath(path)
    if name.suffix not in _STRUCTURED:
        # A secret counts once a file: what a line holds, its repetitions hold.
        lines = list({line.text: line for line in reversed(lines)}.values())[::-1]
    copy = folder / name.name
    texts = [line.text for line in lines]
    copy.write_text("\n".join(texts), "utf-8", newline="\n")
    telling = [one for one in readings_of(copy, texts) if detectors.holds_any(str(copy), one)]
    seen: set[tuple[str, str]] = set()
    for secret in chain.from_iterable(_secrets(copy, reading) for reading in telling):
        key = (secret.type, secret.secret_hash)
        if key not in seen:
            seen.add(key)
            # a configuration that is written anew may have a line more than there were
            yield _finding(lines[min(max(1, secret.line_number), len(lines)) - 1], secret)


def _secrets(copy: Path, reading: Reading) -> Iterator[PotentialSecret]:
    return _process_line_based_plugins(list(enumerate(reading, start=1)), str(copy))


def _finding(line: Line, secret: PotentialSecret) -> Finding:
    """The finding names the place and a hash, never the secret."""
    where = f" in commit {line.commit[:12]}" if line.commit else ""
    place = "suites/security/history_allowances.txt" if line.commit else "place"
    return Finding(
        tool=TOOL,
        rule=secret.type.lower().replace(" ", "-"),
        severity="high",
        message=f"{secret.type}{where}: withdraw it, or where it is none, say so in {place} with "
        "`# pragma: allowlist secret` and the reason behind it",
        fingerprint=fingerprint(TOOL, secret.type, line.path, secret.secret_hash),
        path=line.path,
        line=line.number,
        objectives=("sec-secrets",),
    )


def _allowed(lines: Sequence[Line]) -> Iterator[tuple[Line, str]]:
    """The lines that allowances speak for; each with its text as it stood before it was allowed."""
    for line, after in zip_longest(lines, lines[1:]):
        mark = _mark(line)
        if mark is None or not _has_reason(mark):
            continue
        if mark["next"] is None:
            yield line, mark["line"].strip()
        elif not mark["line"].strip() and after is not None and _follows(after, line):
            yield after, after.text.strip()


def _mark(line: Line) -> re.Match[str] | None:
    return _MARK.fullmatch(line.text) if "pragma:" in line.text else None


def _has_reason(mark: re.Match[str]) -> bool:
    return len(re.findall(r"\w{2,}", mark["reason"])) > 1


def _follows(after: Line, line: Line) -> bool:
    return (after.path, after.commit, after.number) == (line.path, line.commit, line.number + 1)


def _reasonless(lines: Iterable[Line]) -> Iterator[Finding]:
    for line in lines:
        mark = _mark(line)
        if mark and not _has_reason(mark):
            yield Finding(
                tool=TOOL,
                rule="allowance-without-reason",
                severity="medium",
                message="say behind the allowance why this is no secret",
                fingerprint=fingerprint(TOOL, "reason", line.path, line.text.strip()),
                path=line.path,
                line=line.number,
                objectives=("sec-secrets",),
            )


def _wants_keywords(path: str) -> bool:
    return not path.startswith(_WITHOUT_KEYWORDS + "/")


def _settings(*, keywords: bool) -> dict[str, object]:
    off = {"IPPublicDetector"} | (set() if keywords else {"KeywordDetector"})
    classes: Iterable[type] = get_mapping_from_secret_type_to_class().values()
    plugins = {cls.__name__ for cls in classes}
    return {
        "plugins_used": [
            {"name": name} | ({"limit": _LIMITS[name]} if name in _LIMITS else {})
            for name in sorted(plugins - off)
        ],
        "filters_used": [{"path": f"detect_secrets.filters.{name}"} for name in _FILTERS],
    }
