from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.orders import Enlistment, Order, RefusedError, enlistment, order
from scenarios.posts import Post
from scenarios.words import parser

ROOT = Path(__file__).parents[3]
TARGET = str(ROOT / "sut" / "target.toml")


def read(*words: str, out: str = "/no/such/folder/yet") -> Order:
    return order(parser().parse_args(["run", "--out", out, *words]))


def enlisted(*words: str) -> Enlistment | None:
    return enlistment(parser().parse_args(["run", *words]))


def test_an_address_alone_needs_no_file_and_begins_gently() -> None:
    found = read("--url", "http://127.0.0.1:9000/")
    assert (found.plan.url, found.plan.paths) == ("http://127.0.0.1:9000", ("/",))
    assert (found.plan.profile.name, found.ready_url) == ("smoke", "http://127.0.0.1:9000/")
    assert (found.generators, found.post) == (1, Post())


def test_a_target_file_brings_its_journeys_and_its_own_ready_path() -> None:
    found = read("--target", TARGET, "--url", "http://localhost:1")
    assert (found.plan.paths, found.plan.profile.name) == ((), "commit")
    assert found.plan.journeys == "scenarios.journeys"
    assert found.ready_url.startswith("http://localhost:1/")
    assert found.ready_url != "http://localhost:1/"


@pytest.mark.parametrize(
    ("said", "seconds"), [("90", 90), ("60s", 60), ("2m", 120), ("1.5h", 5400), ("1.5", 1.5)]
)
def test_a_length_of_time_is_read_in_seconds_minutes_or_hours(said: str, seconds: float) -> None:
    found = read("--url", "http://127.0.0.1", "--duration", said, "--rate", "100")
    assert found.plan.profile.shape.duration_s == pytest.approx(seconds)
    assert found.plan.profile.shape.peak_per_s == pytest.approx(100)


def test_thinking_and_a_closed_model_belong_to_the_plan() -> None:
    found = read("--url", "http://127.0.0.1", "--closed", "7", "--think", "0")
    assert (found.plan.closed_users, found.plan.profile.think_s) == (7, 0.0)
    assert found.plan.model == "closed model, 7 users"


def test_a_master_listens_where_it_is_told_and_on_loopback_otherwise() -> None:
    plain = read("--url", "http://127.0.0.1", "--master")
    assert plain.post == Post(local=False, bind_host="127.0.0.1", bind_port=5557, wait_s=60)
    told = read(
        "--url", "http://127.0.0.1", "--master", "--expect-workers", "3", "--bind-host", "10.0.0.5",
        "--bind-port", "0", "--wait", "2m", "--ui", "--ui-port", "0",
    )  # fmt: skip
    assert told.post == Post(False, "10.0.0.5", 0, 120, 0)
    assert told.generators == 3


@pytest.mark.parametrize(
    ("said", "host", "port"),
    [
        ("10.0.0.5", "10.0.0.5", 5557),
        ("10.0.0.5:6000", "10.0.0.5", 6000),
        ("[::1]:6000", "::1", 6000),
        ("master.example", "master.example", 5557),
    ],
)
def test_a_worker_is_told_where_its_master_is(said: str, host: str, port: int) -> None:
    assert enlisted("--worker", said, "--wait", "10s") == Enlistment(host, port, 10.0)


@pytest.mark.parametrize(
    "said", ["", "host:many", "host/path", "host:99999", "host?x", "[::1", "[::zz]"]
)
def test_a_master_that_cannot_be_meant_is_refused(said: str) -> None:
    with pytest.raises(RefusedError, match="--worker: expected HOST or HOST:PORT, found"):
        enlisted("--worker", said)


def test_without_worker_nobody_enlists() -> None:
    assert enlisted("--url", "http://127.0.0.1") is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--url", "http://127.0.0.1:0"), "--url: expected http://host:port"),
        (("--url", "http://127.0.0.1:seven"), "--url: expected http://host:port"),
        (("--url", "http://[::1]", "--internal-url", "x"), "--internal-url: expected http://host"),
        (("--url", "http://127.0.0.1", "--rate", "nan"), "--rate: expected a number above 0"),
        (("--url", "http://127.0.0.1", "--rate", "inf"), "--rate: expected a number above 0"),
        (("--url", "http://192.0.2.1"), "say so with --i-may-load 192.0.2.1"),
        (("--url", "http://127.0.0.1.example.org"), "is not this machine"),
        (("--url", "http://192.0.2.1", "--i-may-load", "192.0.2.2"), "is not this machine"),
    ],
)
def test_what_cannot_be_carried_out_is_refused(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        read(*words)


ELSEWHERE = "192.0.2.7"


@pytest.mark.parametrize(
    ("option", "url"),
    [
        ("--internal-url", f"http://{ELSEWHERE}:9000"),
        ("--postgres-url", f"postgresql://a:b@{ELSEWHERE}/db"),
        ("--postgres-url", f"postgresql://127.0.0.1,{ELSEWHERE}/db"),
        ("--postgres-url", f"postgresql://127.0.0.1/db?host={ELSEWHERE}"),
        ("--postgres-url", f"postgresql://127.0.0.1/db?hostaddr={ELSEWHERE}"),
        ("--redis-url", f"redis://{ELSEWHERE}:6379/0"),
        ("--redis-url", f"redis:///0?host={ELSEWHERE}"),
        ("--redis-url", "redis://%31%39%32.0.2.7/0"),
    ],
)
def test_what_is_only_watched_must_be_this_machine_or_spelled_out_too(
    option: str, url: str
) -> None:
    with pytest.raises(RefusedError, match=f"{option}: {ELSEWHERE} is not this machine"):
        read("--url", "http://127.0.0.1", option, url)
    read("--url", "http://127.0.0.1", option, url, "--i-may-load", ELSEWHERE)


def test_what_libpq_is_told_by_its_environment_must_be_this_machine_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGHOSTADDR", ELSEWHERE)
    with pytest.raises(RefusedError, match=f"--postgres-url: {ELSEWHERE} is not this machine"):
        read("--url", "http://127.0.0.1", "--postgres-url", "postgresql:///db")
    monkeypatch.delenv("PGHOSTADDR")
    monkeypatch.setenv("PGSERVICE", "theirs")
    with pytest.raises(RefusedError, match="a service's file may name any host"):
        read("--url", "http://127.0.0.1", "--postgres-url", "postgresql:///db")


def test_the_internal_address_of_a_target_file_is_held_to_this_machine(tmp_path: Path) -> None:
    target = tmp_path / "their.toml"
    target.write_text(
        'name = "Shop"\nbase_url = "http://127.0.0.1:1"\nready = "/up"\n'
        f'internal_url = "http://{ELSEWHERE}:9"\n[identities.visitor]\n'
    )
    with pytest.raises(RefusedError, match=f"target's internal_url: {ELSEWHERE} is not this"):
        read("--target", str(target))


@pytest.mark.parametrize(
    ("option", "url"),
    [
        ("--postgres-url", "postgresql:///db"),
        ("--postgres-url", "postgresql+psycopg://a:b@[::1]:5432/db"),
        ("--postgres-url", "postgresql://%2Frun%2Fpostgresql/db"),
        ("--redis-url", "redis://localhost:6379/0"),
        ("--redis-url", "unix:///run/redis.sock"),
    ],
)
def test_stores_of_this_machine_are_watched_without_a_word(option: str, url: str) -> None:
    assert len(read("--url", "http://127.0.0.1", option, url).stores) == 1


def test_each_host_beyond_this_machine_is_spelled_out() -> None:
    urls = ("--url", "http://192.0.2.1", "--internal-url", f"http://{ELSEWHERE}:9000/")
    found = read(*urls, "--i-may-load", "192.0.2.1", "--i-may-load", ELSEWHERE)
    assert found.metrics_url == f"http://{ELSEWHERE}:9000/metrics"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1?x=1", "http://127.0.0.1:1/?", "http://127.0.0.1:1/#part",
        # pragma: allowlist nextline secret (made up, to be refused)
        "http://somebody@127.0.0.1:1", "http://a:secret@127.0.0.1:1", "http://127.0.0.1:1/a b",
        "http://127.0.0.1:1\\x", "http://127.0.0.1:1/\n", "\thttp://127.0.0.1:1",
        "http://127.0.0.1:1/\x00", "http://[::1", "http://[::zz]/", "", "http://",
    ],
)  # fmt: skip
@pytest.mark.parametrize("option", ["--url", "--internal-url"])
def test_an_address_that_would_measure_something_else_is_refused(option: str, url: str) -> None:
    with pytest.raises(RefusedError, match=f"^{option}: expected http://host:port") as caught:
        read("--url", "http://127.0.0.1", option, url)
    assert str(caught.value).count("\n") == 0
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("option", "url"),
    [("--redis-url", "redis://[x"), ("--redis-url", ""), ("--redis-url", "redis://h:99999"),
     ("--postgres-url", "postgresql://[x"), ("--postgres-url", ""),
     ("--postgres-url", "host=192.0.2.7")],
)  # fmt: skip
def test_a_store_whose_address_cannot_be_read_is_refused(option: str, url: str) -> None:
    with pytest.raises(RefusedError, match=f"^{option}: expected .*://host:port"):
        read("--url", "http://127.0.0.1", option, url)


@pytest.mark.parametrize("pid", ["-1", "0", "99999999999999999999"])
def test_a_number_that_no_process_has_is_refused(pid: str) -> None:
    with pytest.raises(RefusedError, match=f"--service-pid: .*, found {pid}"):
        read("--url", "http://127.0.0.1", "--service-pid", pid)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--duration", "0.5s"), "--duration: expected a length of time of 1 s or more"),
        (("--knots", "0@10,0.5@10"), "--knots: expected 1 s or more"),
    ],
)
def test_a_load_of_less_than_a_second_is_refused(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        read("--url", "http://127.0.0.1", *words)


@pytest.mark.parametrize("path", ["//192.0.2.7/", "http://192.0.2.7/", "/a b", "/a\r\nHost: x"])
def test_a_path_on_another_host_is_refused(path: str) -> None:
    with pytest.raises(RefusedError, match="--path: expected a path that starts with /"):
        read("--url", "http://127.0.0.1", "--path", path)


def test_a_host_that_may_be_loaded_is_not_refused() -> None:
    found = read("--url", "http://192.0.2.1", "--i-may-load", "192.0.2.1")
    assert found.plan.url == "http://192.0.2.1"


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(RefusedError, match="is not a folder"):
        read("--url", "http://127.0.0.1", out=str(file))
