from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

from suites.security import secret_scan
from suites.security.readings import readings_of
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
    file, lines = written(tmp_path, what)
    with transient_settings(settings()):
        assert list(scan_file(str(file)))
        assert any(Sieve().holds_any(file.name, one) for one in readings_of(file, lines))


def written(folder: Path, what: str) -> tuple[Path, list[str]]:
    name, text = SECRETS[what]
    file = folder / name
    file.write_text(text)
    return file, text.split("\n")


def test_what_no_detector_answers_to_is_left_out() -> None:
    with transient_settings(settings()):
        assert not Sieve().holds_any("a.py", ["def f(x):", "    return x + 1", ""])


def test_a_sieve_holds_to_the_detectors_that_are_on(tmp_path: Path) -> None:
    file, lines = written(tmp_path, "keyword")
    with transient_settings(secret_scan._settings(keywords=False)):
        assert not any(Sieve().holds_any(file.name, one) for one in readings_of(file, lines))


@pytest.mark.parametrize("what", SECRETS)
def test_a_file_is_always_read_as_it_stands(what: str, tmp_path: Path) -> None:
    file, lines = written(tmp_path, what)
    assert next(iter(readings_of(file, lines))) == lines


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("token=abc", "abc"),
        ("  token : abc  # why", "abc"),
        ("export TOKEN=abc;", "abc"),
        ("- token: abc", "abc"),
        ("token = two words", None),
        ('token = "abc"', None),
        ("# token = abc", None),
    ],
)
def test_a_value_without_quotes_is_read_in_quotes_where_the_file_cannot_be_parsed(
    line: str, value: str | None, tmp_path: Path
) -> None:
    lines = ["token = 1", "token = 2", line]
    file = tmp_path / "a.env"
    file.write_text("\n".join(lines))
    assert list(readings_of(file, lines))[-1][-1].partition(" = ")[2] == (
        f'"{value}"' if value else ""
    )


def test_code_that_cannot_be_parsed_as_a_configuration_is_read_once(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("x = 1\nx = 2")
    assert list(readings_of(file, ["x = 1", "x = 2"])) == [["x = 1", "x = 2"]]
