from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.targets import TargetError, load_target

ROOT = Path(__file__).parents[3]
MINIMAL = """
name = "Shop"
base_url = "http://127.0.0.1:9000"
ready = "/up"
[identities.visitor]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "their.toml"
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(folder: Path, text: str) -> list[str]:
    path = written(folder, text)
    with pytest.raises(TargetError) as caught:
        load_target(path)
    return [fault.removeprefix(f"{path}: ") for fault in caught.value.faults]


def test_the_reference_service_has_all_that_the_suites_ask_for() -> None:
    target = load_target(ROOT / "sut" / "target.toml")
    assert set(target.identities) == {"visitor", "player", "admin"}
    player = target.identities["player"]
    assert player.account(1) == "player0001@example.org"
    assert player.account(player.accounts + 2) == "player0002@example.org"
    assert target.openapi == "/openapi.json"
    assert target.start is not None


def test_a_service_needs_a_name_an_address_a_ready_path_and_a_visitor(tmp_path: Path) -> None:
    target = load_target(written(tmp_path, MINIMAL))
    assert target.metrics == "/metrics"
    assert target.start is None
    assert target.load.journeys == "scenarios.journeys"


def test_every_fault_of_a_file_is_said_at_once_with_its_field(tmp_path: Path) -> None:
    faults = faults_of(
        tmp_path,
        """
        base_url = "127.0.0.1:9000"
        ready = "up"
        colour = "blue"
        [start]
        command = []
        [identities.visitor]
        [identities.player]
        username = "p"
        accounts = 0
        [identities.player.log_in]
        path = "/in"
        status = 404
        token = "access_token"
        """,
    )
    assert faults == [
        "name: missing",
        "base_url: expected an address like http://127.0.0.1:8000, found '127.0.0.1:9000'",
        "ready: expected a path that starts with /, found 'up'",
        "start.command: Tuple should have at least 1 item after validation, not 0, found []",
        "identities.player.accounts: Input should be greater than or equal to 1, found 0",
        "identities.player.log_in.body: missing",
        "identities.player.log_in.status: Input should be less than or equal to 399, found 404",
        "identities.player.log_in.token: expected a JSON pointer (RFC 6901) like /access_token, "
        "found 'access_token'",
        "colour: unknown field",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "not TOML"),
        (MINIMAL.replace("visitor", "guest"), "identities: expected at least"),
        (MINIMAL + "[identities.player]\nusername = 'p{name}'", "may be {number}"),
        (
            MINIMAL + "[identities.player.log_in]\npath='/in'\nbody={}\ntoken='/t'",
            "identities.player: expected username and password beside log_in",
        ),
        (
            MINIMAL + "[identities.p]\nusername='p'\npassword='w'\n"
            "[identities.p.log_in]\npath='/in'\nbody={}",
            "identities.p.log_in: expected either token, a JSON pointer, or cookies = true",
        ),
        (
            MINIMAL + "[identities.p.credentials]\nbasic = true",
            "identities.p: expected username and password beside credentials.basic",
        ),
        (
            MINIMAL + "[identities.p]\nusername='p'\npassword='w'\n"
            "[identities.p.log_in]\npath='/in'\nbody={}\ncookies=true\n"
            "[identities.p.credentials]\nbearer='t'",
            "identities.p: expected log_in or credentials, not both",
        ),
        (MINIMAL + "[reset]", "reset: expected either command or path"),
    ],
)
def test_a_faulty_file_says_what_was_expected(tmp_path: Path, text: str, said: str) -> None:
    (fault,) = faults_of(tmp_path, text)
    assert said in fault


def test_a_file_that_is_not_there_or_not_text_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="cannot be read: No such file"):
        load_target(tmp_path / "none.toml")
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"name = '\xff'")
    with pytest.raises(TargetError, match="expected UTF-8, found byte 8"):
        load_target(binary)
