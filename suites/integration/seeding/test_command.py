"""`python -m sut seed`: what it says, and what it refuses."""

from __future__ import annotations

import pytest

from sut.seed import main
from sut.settings import Settings

SMALL = ["--players", "3", "--predictions", "5"]


def test_a_season_is_made_once_and_said_in_numbers(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(settings, SMALL) == 0
    assert "380 matches, 3 players, 5 predictions" in capsys.readouterr().out

    assert main(settings, SMALL) == 2
    assert "holds data already; migrate a new one, or add --fresh" in capsys.readouterr().err
    assert main(settings, [*SMALL, "--fresh"]) == 0


def test_more_predictions_than_there_is_room_for_are_refused(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(settings, ["--players", "1", "--predictions", "100000"]) == 2
    assert "1 players have room for" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["-1", "many", "1.5"])
def test_what_is_no_number_is_refused_by_name(
    settings: Settings, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(settings, [f"--players={word}"])
    assert ended.value.code == 2
    assert "--players" in capsys.readouterr().err
