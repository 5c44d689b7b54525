"""Log lines: JSON, one a line, without anybody's secrets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sut.log_files
from suites.samples import SECRETS
from sut.log_files import FILES_KEPT, SharedFile
from sut.log_lines import mask_fields, mask_text, render

pytestmark = pytest.mark.objective("obs-logs")


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("template", ["{}", "for {}, again", "({})", "to={};"])
def test_a_secret_within_a_text_is_masked(secret: str, template: str) -> None:
    assert secret not in mask_text(template.format(secret))
    assert "***" in mask_text(template.format(secret))


@given(
    number=st.integers(0, 10**12),
    share=st.floats(0, 1e6),
    flag=st.booleans(),
    text=st.text('abz äß—"\\{}\n\t'),
)
def test_numbers_and_texts_come_out_as_they_went_in(
    number: int, share: float, flag: bool, text: str
) -> None:
    fields = {
        "status": number,
        "duration_ms": share,
        "flag": flag,
        "nothing": None,
        "many": [number],
        "text": text,
    }
    line = render(None, "info", mask_fields(None, "info", fields))
    assert json.loads(line) == fields
    assert "\n" not in line


def test_a_full_file_is_rotated_and_only_a_few_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sut.log_files, "FILE_BYTES_MAX", 100)
    shared = SharedFile(tmp_path / "service.log")
    for number in range(20):
        shared.write(b"%090d\n" % number)
    kept = sorted(path.name for path in tmp_path.glob("service.log.[0-9]*"))
    assert kept == [f"service.log.{number}" for number in range(1, FILES_KEPT + 1)]
    assert b"%090d\n" % 19 in b"".join(path.read_bytes() for path in tmp_path.glob("service.log*"))


def test_two_processes_that_share_a_file_lose_no_line_when_it_is_rotated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sut.log_files, "FILE_BYTES_MAX", 1000)
    ours, theirs = SharedFile(tmp_path / "service.log"), SharedFile(tmp_path / "service.log")
    for number in range(20):
        ours.write(b"ours %090d\n" % number)
        theirs.write(b"theirs %090d\n" % number)
    written = b"".join(path.read_bytes() for path in tmp_path.glob("service.log*"))
    assert written.count(b"ours ") == written.count(b"theirs ") == 20


def test_a_file_that_somebody_took_away_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "service.log"
    shared = SharedFile(path)
    path.unlink()
    shared.write(b"line\n")
    assert path.read_bytes() == b"line\n"


def test_a_file_whose_folder_is_gone_is_written_again_once_there_is_one(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    shared = SharedFile(folder / "service.log")
    (folder / "service.log").unlink()
    folder.rmdir()
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            shared.write(b"lost\n")
    # what is opened meanwhile gets none of the lines
    with (tmp_path / "other").open("wb") as other:
        folder.mkdir()
        shared.write(b"line\n")
        other.write(b"other\n")
    assert (folder / "service.log").read_bytes() == b"line\n"
    assert (tmp_path / "other").read_bytes() == b"other\n"
