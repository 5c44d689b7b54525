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


PERSON = "[identities.p]\nusername='p{number}'\npassword='w'\n"
LOG_IN = "[identities.p.log_in]\npath='/in'\ntoken='/t'\n"
SIGN_UP = "[identities.p.sign_up]\npath='/up'\n"


@pytest.mark.parametrize(
    "text",
    ["{user}", '{"a": 1}', "{", "}", "{}", "{0}", "{username.x}", "{password:>999999999999}",
     "{username!r}", "{username[0]}"],
)  # fmt: skip
@pytest.mark.parametrize("recipe", [LOG_IN, SIGN_UP])
def test_a_body_with_a_word_that_nobody_fills_in_is_refused_with_its_field(
    tmp_path: Path, text: str, recipe: str
) -> None:
    (fault,) = faults_of(tmp_path, f"{MINIMAL}{PERSON}{recipe}body = {{ name = '{text}' }}")
    place = recipe.splitlines()[0].strip("[]")
    said = "the only words in braces may be {username} and {password}"
    assert fault.startswith(f"{place}.body.name: {said}")


def test_a_body_holds_both_words_and_braces_that_are_written_twice(tmp_path: Path) -> None:
    body = "body = { q = '{{a}} {username}{password}' }"
    target = load_target(written(tmp_path, f"{MINIMAL}{PERSON}{LOG_IN}{body}"))
    recipe = target.identities["p"].log_in
    assert recipe is not None
    assert recipe.body["q"].format(username="u", password="w") == "{a} uw"


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("command = ['serve', '{prot}']", "start.command.1"),
        ("command = ['serve', '--at={port']", "start.command.1"),
        ("command = ['s']\nprepare = [['make'], ['up', '{port}']]", "start.prepare.1.1"),
        ("command = ['s']\n[start.environment]\nURL = '{postgres}'", "start.environment.URL"),
    ],
)
def test_a_start_with_a_word_that_nobody_fills_in_is_refused_with_its_field(
    tmp_path: Path, line: str, place: str
) -> None:
    (fault,) = faults_of(tmp_path, f"{MINIMAL}[start]\n{line}")
    assert fault.startswith(f"{place}: the only words in braces may be {{python}}, {{workers}}, ")


@pytest.mark.parametrize(
    "name",
    ["p{number.x}", "p{number:999999999999}", "p{number:100}", "p{number!r}", "p{number:{number}}",
     "p{number:x}", "p{", "p{}", "p{number[0]}"],
)  # fmt: skip
def test_a_user_name_holds_a_number_with_a_sane_width_or_is_refused(
    tmp_path: Path, name: str
) -> None:
    (fault,) = faults_of(tmp_path, MINIMAL + f"[identities.p]\nusername = '{name}'")
    assert fault.startswith("identities.p.username: the only word in braces may be {number}")
    assert fault.endswith(f"found {name!r}")


@pytest.mark.parametrize(
    ("name", "first"), [("p{number}", "p1"), ("{number:03}", "001"), ("{{{number:2d}}}", "{ 1}")]
)
def test_a_user_name_with_a_number_names_the_account(tmp_path: Path, name: str, first: str) -> None:
    target = load_target(written(tmp_path, MINIMAL + f"[identities.p]\nusername = '{name}'"))
    assert target.identities["p"].account(1) == first


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"name = {'9' * 5000}", "cannot be read: Exceeds the limit"),
        (f"name = {'[' * 5000}", "cannot be read: it is nested too deeply"),
    ],
)
def test_a_file_that_the_reader_chokes_on_is_told_in_a_line(
    tmp_path: Path, text: str, said: str
) -> None:
    (fault,) = faults_of(tmp_path, text)
    assert fault.startswith(said)
    assert "\n" not in fault


@pytest.mark.parametrize(
    "url",
    ["http://[::1", "http://a:99999", "http://a:x", "http://a:0", "http://a\\\\b", "http://a b",
     "http://a\\tb", " http://a", "http://a\\u0000", "http://a/?x=1", "http://a?", "http://a#b",
     "http://"],
)  # fmt: skip
def test_an_address_that_is_no_plain_one_is_refused(tmp_path: Path, url: str) -> None:
    (fault,) = faults_of(tmp_path, MINIMAL.replace("http://127.0.0.1:9000", url))
    assert fault.startswith("base_url: expected an address like http://127.0.0.1:8000")
    assert ", found " in fault


def test_an_address_with_a_password_is_refused_without_showing_it(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, MINIMAL.replace("127.0.0.1:9000", "me:hidden@127.0.0.1"))
    assert fault == (
        "base_url: expected an address like http://127.0.0.1:8000, "
        "without a name or a password in it"
    )


@pytest.mark.parametrize("address", ["http://[::1]:80/", "https://a.example/api"])
def test_an_address_may_have_a_path_and_a_host_of_any_kind(tmp_path: Path, address: str) -> None:
    target = load_target(written(tmp_path, MINIMAL.replace("http://127.0.0.1:9000", address)))
    assert target.base_url == address.rstrip("/")


@pytest.mark.parametrize(
    "path", ["", "up", "//up", "//127.0.0.1/up", "http://a/up", "/a b", "/a\\\\b", "/€", "/a\\nb"]
)
def test_a_path_starts_with_exactly_one_slash_and_can_be_sent(tmp_path: Path, path: str) -> None:
    line = f'path = "{path}"\n'
    people = PERSON + LOG_IN.replace("path='/in'\n", line) + "body = {}\n"
    text = MINIMAL.replace("/up", path).replace("[id", f'openapi = "{path}"\n[id') + people
    faults = faults_of(tmp_path, text)
    fields = [fault.split(": expected a path", maxsplit=1)[0] for fault in faults]
    assert fields == ["ready", "openapi", "identities.p.log_in.path"]
