from __future__ import annotations

import json
from pathlib import Path

import pytest

from reports.history import earlier_runs, update_latest


def judged_run(out: Path, name: str, release: str = "GO") -> Path:
    folder = out / name
    folder.mkdir(parents=True)
    body = {"judged_at": "2026-01-01", "policy": "commit", "release": release,
            "provenance": {"commit": "c0ffee" * 6}}  # fmt: skip
    (folder / "verdict.json").write_text(json.dumps(body))
    return folder


def test_latest_points_at_the_run_by_a_name_beside_it(tmp_path: Path) -> None:
    first, second = judged_run(tmp_path, "1"), judged_run(tmp_path, "2")
    update_latest(first)
    link = update_latest(second)
    assert link.resolve() == second
    assert str(link.readlink()) == "2"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "2", "latest"]


def test_a_folder_called_latest_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "latest").mkdir()
    with pytest.raises(OSError, match="latest"):
        update_latest(judged_run(tmp_path, "1"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "latest"]


def test_earlier_runs_are_told_newest_first(tmp_path: Path) -> None:
    for name in ("1", "2", "3", "5"):
        judged_run(tmp_path, name, "NO-GO" if name == "2" else "GO")
    update_latest(tmp_path / "3")
    runs = earlier_runs(judged_run(tmp_path, "4"), most=2)
    assert [(run.run, run.release) for run in runs] == [("3", "GO"), ("2", "NO-GO")]
    assert runs[0].commit == "c0ffeec0ffee"


@pytest.mark.parametrize("text", ["", "[]", '{"release": "GO"}', '{"provenance": 3}'])
def test_a_run_that_cannot_be_read_is_left_out(text: str, tmp_path: Path) -> None:
    (judged_run(tmp_path, "1") / "verdict.json").write_text(text)
    (tmp_path / "0").mkdir()
    assert earlier_runs(judged_run(tmp_path, "2")) == ()
