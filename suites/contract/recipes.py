"""For each operation, a request that succeeds: made for the one who may make it.

A recipe is named like its operation. It prepares what the request is about (a prediction to change,
a match that has kicked off) and answers the request, with what tells afterwards whether it was let
through: a marker in the answer, an effect in the database.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count

from fixtures.clients import PASSWORD
from suites.contract.world import Effect, Person, Request, World
from sut.accounts.models import Account

Recipe = Callable[[World, Person | None], Awaitable[Request]]
RECIPES: dict[str, Recipe] = {}
_NUMBERS = count(1)
HOUR = timedelta(hours=1)
NEW_PASSWORD = "another horse battery"


def recipe(made: Recipe) -> Recipe:
    """Register a recipe under its own name."""
    name: str = getattr(made, "__name__")  # noqa: B009  mypy knows no name of a Callable
    RECIPES[name] = made
    return made


def _someone(person: Person | None) -> Person:
    assert person is not None, "this request is about somebody"
    return person


def _later() -> str:
    """A moment in the season to come that no other request names."""
    moment = datetime.now(UTC) + timedelta(days=30, minutes=next(_NUMBERS))
    return moment.isoformat(timespec="microseconds")


# --- accounts ----------------------------------------------------------------------------------


@recipe
async def register(world: World, person: Person | None) -> Request:
    email = f"registered-{next(_NUMBERS)}@world.example.org"
    return Request(
        body={"email": email, "password": PASSWORD, "display_name": "New here"},
        marker=email,
        effect=Effect("select count(*) = 1 from accounts where email = :email", {"email": email}),
    )


@recipe
async def log_in(world: World, person: Person | None) -> Request:
    account = await world.build.player(email=f"login-{next(_NUMBERS)}@world.example.org")
    return Request(
        body={"email": account.email, "password": PASSWORD},
        marker="access_token",
        effect=Effect(
            "select count(*) = 1 from sessions where account_id = :id", {"id": account.id}
        ),
    )


@recipe
async def refresh(world: World, person: Person | None) -> Request:
    someone = await world.person()
    session = {"session": someone.tokens["session_id"]}
    return Request(
        body={"refresh_token": someone.tokens["refresh_token"]},
        marker="access_token",
        effect=Effect(
            "select count(*) = 2 from refresh_tokens where session_id = :session", session
        ),
    )


@recipe
async def list_sessions(world: World, person: Person | None) -> Request:
    return Request(marker=str(_someone(person).tokens["session_id"]))


@recipe
async def log_out_everywhere(world: World, person: Person | None) -> Request:
    return Request(effect=_session_ended(_someone(person)))


@recipe
async def log_out(world: World, person: Person | None) -> Request:
    owner = _someone(person)
    return Request(path={"session_id": owner.tokens["session_id"]}, effect=_session_ended(owner))


def _session_ended(person: Person) -> Effect:
    return Effect(
        "select ended_at is not null from sessions where id = :id",
        {"id": person.tokens["session_id"]},
    )


@recipe
async def get_profile(world: World, person: Person | None) -> Request:
    return Request(marker=_someone(person).email)


@recipe
async def change_profile(world: World, person: Person | None) -> Request:
    name = f"Renamed {next(_NUMBERS)}"
    return Request(
        body={"display_name": name},
        marker=name,
        effect=Effect(
            "select display_name = :name from accounts where id = :id",
            {"id": _someone(person).id, "name": name},
        ),
    )


@recipe
async def change_password(world: World, person: Person | None) -> Request:
    someone = _someone(person)
    kept = await world.value("select password_hash from accounts where id = :id", id=someone.id)
    return Request(
        body={"current_password": PASSWORD, "new_password": NEW_PASSWORD},
        effect=Effect(
            "select password_hash <> :kept from accounts where id = :id",
            {"id": someone.id, "kept": kept},
        ),
    )


@recipe
async def export_me(world: World, person: Person | None) -> Request:
    return Request(marker=_someone(person).email)


@recipe
async def erase_me(world: World, person: Person | None) -> Request:
    erased = "select erased_at is not null from accounts where id = :id"
    effect = Effect(erased, {"id": _someone(person).id})
    return Request(body={"password": PASSWORD}, effect=effect)


@recipe
async def change_tier(world: World, person: Person | None) -> Request:
    player = await world.build.player()
    return Request(
        path={"account_id": player.id},
        body={"tier": "elite", "expires_at": None},
        marker=player.email or "",
        effect=Effect("select tier = 'elite' from accounts where id = :id", {"id": player.id}),
    )


# --- matches -----------------------------------------------------------------------------------


@recipe
async def list_teams(world: World, person: Person | None) -> Request:
    await world.build.team()
    return Request(marker="short_name")


@recipe
async def get_team(world: World, person: Person | None) -> Request:
    team = await world.build.team(f"Team {next(_NUMBERS)} of the world")
    return Request(path={"team_id": team.id}, marker=team.name)


@recipe
async def list_matches(world: World, person: Person | None) -> Request:
    match = await world.build.match()
    return Request(query={"team_id": match.home_team_id}, marker='"kick_off"')


@recipe
async def get_match(world: World, person: Person | None) -> Request:
    match = await world.build.match()
    return Request(path={"match_id": match.id}, marker='"kick_off"')


@recipe
async def create_match(world: World, person: Person | None) -> Request:
    home, away = await world.build.team(), await world.build.team()
    teams = {"home_team_id": home.id, "away_team_id": away.id}
    return Request(
        body={**teams, "kick_off": _later(), "round": 7},
        marker='"kick_off"',
        effect=Effect(
            "select count(*) = 1 from matches where home_team_id = :home_team_id"
            " and away_team_id = :away_team_id",
            teams,
        ),
    )


@recipe
async def change_match(world: World, person: Person | None) -> Request:
    match = await world.build.match()
    return Request(
        path={"match_id": match.id},
        body={"kick_off": _later()},
        marker='"kick_off"',
        effect=Effect("select version > 1 from matches where id = :id", {"id": match.id}),
    )


@recipe
async def enter_result(world: World, person: Person | None) -> Request:
    match = await world.build.match(kick_off=-HOUR)
    return Request(
        path={"match_id": match.id},
        body={"home_goals": 3, "away_goals": 2},
        marker='"finished"',
        effect=Effect(
            "select home_goals = 3 and away_goals = 2 from matches where id = :id",
            {"id": match.id},
        ),
    )


@recipe
async def get_standings(world: World, person: Person | None) -> Request:
    await world.build.finished_match(2, 1)
    return Request(marker='"position"')


@recipe
async def get_forecast(world: World, person: Person | None) -> Request:
    match = await world.build.match()
    return Request(path={"match_id": match.id}, marker='"fitted_on"')


# --- predictions -------------------------------------------------------------------------------


@recipe
async def create_prediction(world: World, person: Person | None) -> Request:
    match = await world.build.match()
    return Request(
        body={"match_id": match.id, "home_goals": 1, "away_goals": 1},
        headers={"Idempotency-Key": f"world-{next(_NUMBERS):08}"},
        marker='"points"',
        effect=Effect(
            "select count(*) = 1 from predictions where match_id = :match", {"match": match.id}
        ),
    )


@recipe
async def list_predictions(world: World, person: Person | None) -> Request:
    made = await _prediction(world, _someone(person))
    return Request(marker=f'"id":{made},')


@recipe
async def get_prediction(world: World, person: Person | None) -> Request:
    made = await _prediction(world, _someone(person))
    return Request(path={"prediction_id": made}, marker=f'"id":{made}')


@recipe
async def change_prediction(world: World, person: Person | None) -> Request:
    owner = _someone(person)
    made = await _prediction(world, owner)
    shown = await world.send("get_prediction", Request(path={"prediction_id": made}), owner)
    return Request(
        path={"prediction_id": made},
        headers={"If-Match": shown.headers["ETag"]},
        body={"home_goals": 9, "away_goals": 8},
        marker='"home_goals":9',
        effect=Effect("select home_goals = 9 from predictions where id = :id", {"id": made}),
    )


async def _prediction(world: World, owner: Person) -> int:
    """An open prediction, made in the database."""
    match = await world.build.match()
    return (await world.build.prediction(Account(id=owner.id), match)).id


@recipe
async def list_match_predictions(world: World, person: Person | None) -> Request:
    match = await world.build.match(kick_off=-HOUR)
    player = await world.build.player(display_name=f"Predictor {next(_NUMBERS)}")
    await world.build.prediction(player, match)
    return Request(path={"match_id": match.id}, marker=player.display_name)


@recipe
async def get_leaderboard(world: World, person: Person | None) -> Request:
    return Request(marker='"items"')


@recipe
async def list_audit(world: World, person: Person | None) -> Request:
    return Request(marker='"previous_hash"')


@recipe
async def live(world: World, person: Person | None) -> Request:
    return Request(marker='"ok"')


@recipe
async def ready(world: World, person: Person | None) -> Request:
    return Request(marker='"postgres"')
