from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.conductor import Post
from scenarios.orders import Enlistment, Order, RefusedError, enlistment, order, parser

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
    ("said", "seconds"), [("90", 90), ("60s", 60), ("2m", 120), ("1.5h", 5400), ("0.5", 0.5)]
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


@pytest.mark.parametrize("said", ["", "host:many", "host/path", "host:99999", "host?x"])
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


def test_a_host_that_may_be_loaded_is_not_refused() -> None:
    found = read("--url", "http://192.0.2.1", "--i-may-load", "192.0.2.1")
    assert found.plan.url == "http://192.0.2.1"


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(RefusedError, match="is not a folder"):
        read("--url", "http://127.0.0.1", out=str(file))
