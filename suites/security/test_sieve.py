from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

from suites.security import secret_scan
from suites.security.sieve import Sieve

pytestmark = pytest.mark.objective("sec-secrets")

# Worked out or glued together, so that this file itself holds nothing that looks like a key.
HEX = sha256(b"nobody's").hexdigest()
BASE64 = b64encode(sha256(b"nobody's").digest()).decode()
SECRETS = {
    "aws": ("a.py", "x = '" + "AKIA" + "Q7PJ2XT4VN6HWZRB'"),
    "hex": ("a.toml", f"x = '{HEX}'"),
    "base64": ("a.json", f'{{"x": "{BASE64}"}}'),
    "keyword": ("a.py", "pass" + 'word = "hunter2-and-more"'),
    "address": ("a.md", "see https://me:" + "s3cretWord@example.org/"),
    "key": ("a.pem", "-----BEGIN EC " + "PRIVATE KEY-----"),
    "indented": ("a.py", "if x:\n\n    y = '" + HEX + "'  \n"),
    "unquoted value": ("a.cfg", f"[section]\nx = {HEX}\n"),
    "value without section": ("a", f"x = {HEX}\n"),
    "yaml": ("a.yaml", f"x:\n  y: {HEX}\n"),
}


def settings() -> dict[str, object]:
    return secret_scan._settings(keywords=True)


@pytest.mark.parametrize("what", SECRETS)
def test_whatever_the_tool_finds_is_let_through(what: str, tmp_path: Path) -> None:
    name, text = SECRETS[what]
    file = tmp_path / name
    file.write_text(text)
    with transient_settings(settings()):
        assert list(scan_file(str(file)))
        assert Sieve().holds_any(file, text.split("\n"))


def test_what_no_detector_answers_to_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("def f(x):\n    return x + 1\n")
    with transient_settings(settings()):
        assert not Sieve().holds_any(file, file.read_text().split("\n"))


def test_a_sieve_holds_to_the_detectors_that_are_on(tmp_path: Path) -> None:
    name, text = SECRETS["keyword"]
    file = tmp_path / name
    file.write_text(text)
    with transient_settings(secret_scan._settings(keywords=False)):
        assert not Sieve().holds_any(file, [text])
