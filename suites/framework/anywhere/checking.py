"""Checks of a small service from a target file, and what they leave behind."""

from __future__ import annotations

import json
from pathlib import Path

from suites.contract.__main__ import main

TARGET = """
name = "{service}"
base_url = "{url}"
ready = "/ready"
openapi = "/openapi.json"
[identities.visitor]
"""
MEMBER = """
[identities.{name}]
username = "{name}"
password = "{name}-horse-battery"
[identities.{name}.sign_up]
path = "/people"
body = {{ username = "{{username}}", password = "{{password}}" }}
[identities.{name}.log_in]
path = "/log-in"
body = {{ username = "{{username}}", password = "{{password}}" }}
token = "/token"
"""
KEY = """
[identities.{name}.credentials]
headers = {{ X-Key = "{key}" }}
"""


def target_file(folder: Path, url: str, *names: str) -> Path:
    """A target file of the notes service with these members."""
    path = folder / "notes.toml"
    members = "".join(MEMBER.format(name=name) for name in names)
    path.write_text(TARGET.format(service="Notes", url=url) + members)
    return path


def with_policy(file: Path, policy: str) -> Path:
    """The target file with a policy of its own."""
    (file.parent / "access.toml").write_text(policy)
    file.write_text(f'{file.read_text()}[contract]\naccess = "access.toml"\n')
    return file


def keyed(folder: Path, url: str, policy: str, **keys: str) -> Path:
    """A target file of a service that takes keys in a header, with a policy."""
    path = folder / "keyed.toml"
    members = "".join(KEY.format(name=name, key=key) for name, key in keys.items())
    path.write_text(TARGET.format(service="Notes", url=url) + members)
    return with_policy(path, policy)


def judged(file: Path, *more: str) -> int:
    """The exit code of a check that leaves what it wrote beside the target file."""
    return main(["check", "--target", str(file), "--out", str(file.parent), *more])


def named(out: Path) -> set[tuple[str, str]]:
    """The rule and the operation of each finding of rights and of what bodies may set."""
    log = json.loads((out / "contract.sarif").read_text())
    return {
        (result["ruleId"], result["message"]["text"].partition(":")[0].partition(" ")[0])
        for run in log["runs"]
        if run["tool"]["driver"]["name"] == "access"
        for result in run["results"]
    }


def said_of(folder: Path) -> str:
    """All that a check said."""
    return (folder / "contract.txt").read_text()
