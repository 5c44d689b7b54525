from __future__ import annotations

from sut.forecasts.rights import FREE_A_DAY, rights_of


def test_a_free_player_sees_three_matches_a_day_without_the_grid() -> None:
    rights = rights_of("player", "free")
    assert (rights.a_day, rights.grid) == (FREE_A_DAY, False)
    assert FREE_A_DAY == 3


def test_a_pro_player_sees_all_without_the_grid() -> None:
    rights = rights_of("player", "pro")
    assert (rights.a_day, rights.grid) == (None, False)


def test_an_elite_player_sees_all_with_the_grid() -> None:
    rights = rights_of("player", "elite")
    assert (rights.a_day, rights.grid) == (None, True)


def test_an_admin_sees_all_whatever_the_tier() -> None:
    rights = rights_of("admin", "free")
    assert (rights.a_day, rights.grid, rights.label) == (None, True, "admin")
