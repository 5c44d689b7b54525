from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reports.evidence import AnyRecord, Finding, Instrument, Measurement, decode
from scenarios.duet.__main__ import main
from scenarios.duet.blocks import METRICS, Block, Series, Side, Slice
from scenarios.duet.endpoints import Choice, Endpoint
from scenarios.duet.measuring import Counts, Duet, Tally
from scenarios.duet.outcome import Rules, judge
from scenarios.duet.records import Played, records
from scenarios.duet.wording import table
from suites.framework.scenarios.duet_services import (
    Answer,
    Respond,
    a_closed_port,
    after,
    answering,
    fine,
)

MINIMAL = """
name = "Shop"
base_url = "http://127.0.0.1:9000"
ready = "/up"
[identities.visitor]
"""
ORDER: tuple[Side, ...] = ("base", "new", "new", "base")


BLOCKS = 60


@pytest.fixture
def enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks enough for every interval, however slow the machine is at the moment."""
    monkeypatch.setattr(
        Duet, "_goes_on", lambda _, tally: not tally.fault and len(tally.series.blocks) < BLOCKS
    )
    monkeypatch.setattr("scenarios.duet.measuring.WARM_UP_S", 0.05)


def words(base: str, new: str, output: Path, *more: str) -> list[str]:
    return ["--a", base, "--b", new, "--seconds", "1.5", "--output", str(output), *more]


def play(base: Respond, new: Respond, output: Path, *more: str) -> int:
    with answering(base) as there, answering(new) as here:
        return main(words(there, here, output, *more))


def read(path: Path) -> list[AnyRecord]:
    return [decode(line) for line in path.read_text().splitlines()]


def tally(ratio: float, blocks: int = 30, fault: str = "", name: str = "GET /a") -> Tally:
    times: dict[Side, float] = {"base": 0.001, "new": 0.001 * ratio}
    slices = tuple(Slice(side, (times[side],) * 10) for side in ORDER)
    counts = Counts(kept=40 * blocks, settling=2 * blocks, warm_up=20, failed=int(bool(fault)))
    series = Series([Block(slices, times)] * blocks)
    return Tally(Endpoint(name, "/a"), series, counts, fault, 200, 10)


def played(*tallies: Tally, choice: Choice | None = None, band: float | None = None) -> Played:
    endpoints = tuple(item.endpoint for item in tallies)
    outcome = judge(tallies, Rules(METRICS, band, allowance=0.01))
    return Played(choice or Choice(endpoints), tallies, outcome, 0.25)


def instruments(of: Played) -> dict[str, Instrument]:
    return {item.name: item for item in records(of) if isinstance(item, Instrument)}


@pytest.mark.usefixtures("enough")
def test_two_services_are_compared_path_by_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "duet.ndjson"
    assert play(fine, fine, output, "--path", "/a", "--path", "/b") == 0
    kinds = {json.loads(line)["kind"] for line in output.read_text().splitlines()}
    assert kinds <= {"measurement", "instrument", "finding"}
    found = {item.name: item for item in read(output) if isinstance(item, Instrument)}
    assert (found["duet_endpoints_compared"].value, found["duet_endpoints_compared"].total) == (
        2,
        2,
    )
    assert found["duet_requests_answered"].value == found["duet_requests_answered"].total
    assert 0 <= found["duet_machine_other_cpu_share"].value <= 1
    table = capsys.readouterr().out
    for name in ("GET /a", "GET /b", "p50", "p95", "99% interval"):
        assert name in table
    assert "CPU" not in table  # no process was named


@pytest.mark.usefixtures("enough")
def test_a_service_that_is_twice_as_slow_is_called_slower(tmp_path: Path) -> None:
    def slow(path: str, headers: object) -> Answer:
        sum(range(300_000))
        return 200, b"{}"

    output = tmp_path / "duet.ndjson"
    assert play(fine, slow, output, "--path", "/a") == 0
    slower = [item for item in read(output) if isinstance(item, Finding)]
    assert any(item.rule == "slower-than-base" and "p50" in item.message for item in slower)


@pytest.mark.usefixtures("enough")
def test_an_answer_that_differs_is_no_comparison_and_no_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(path: str, headers: object) -> Answer:
        return (404 if path == "/b" else 200), b"{}"

    output = tmp_path / "duet.ndjson"
    assert play(fine, missing, output, "--path", "/a", "--path", "/b") == 2
    said = "GET /b: the base answers 200, the new build 404"
    assert f"no comparison: {said}" in capsys.readouterr().err
    (compared,) = (
        item
        for item in read(output)
        if isinstance(item, Instrument) and item.name == "duet_endpoints_compared"
    )
    assert (compared.value, compared.total, compared.missing) == (1, 2, (said,))
    measured = [item for item in read(output) if isinstance(item, Measurement)]
    assert {item.dimensions["endpoint"] for item in measured} <= {"GET /a"}


def test_an_endpoint_that_fails_midway_is_no_comparison(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "duet.ndjson"
    assert play(fine, after(300, (503, b"")), output, "--path", "/a", "--seconds", "60") == 2
    assert "GET /a: the new side answers 503, expected 200" in capsys.readouterr().err
    assert not [item for item in read(output) if isinstance(item, Measurement)]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--a", "http://example.org", "--path", "/a"), "--a: example.org is not this machine"),
        (("--b", "127.0.0.1:80"), "--b: expected http://host:port, found '127.0.0.1:80'"),
        (("--a", "http://[::1", "--path", "/a"), "--a: expected http://host:port"),
        (("--a", "http://127.0.0.1:99999"), "--a: expected http://host:port, found 'http://127"),
        (("--a", "http://127.0.0.1:0"), "--a: expected http://host:port, found 'http://127"),
        (("--b", "http://127.0.0.1:80/api"), "--b: expected http://host:port, found 'http://127"),
        # pragma: allowlist nextline secret (made up, to be refused)
        (("--b", "http://me:pw@127.0.0.1:80"), "--b: expected http://host:port, without a name"),
        (("--path", "/€"), "--path: expected a path as it is sent: ASCII, all else percent-enc"),
        (("--path", "/a b"), "--path: expected a path as it is sent"),
        (("--path", "//a"), "--path: expected a path that starts with one /"),
        (("--a-pid", "-1", "--b-pid", "1"), "--a-pid: expected the number of a process, found -1"),
        (("--a-pid", "1", "--b-pid", "9" * 30), "--b-pid: expected the number of a process"),
        (("--output", "."), "--output: . is a folder; name a file"),
        (("--output", "x" * 300), "cannot be written: File name too long"),
        (("--seconds", "0"), "--seconds: expected a number above 0, found 0"),
        (("--same-within", "-1"), "--same-within: expected a number above 0, found -1"),
        (("--start-allowance", "100"), "--start-allowance: expected 0 to 100 percent, found 100"),
        (("--path", "a"), "--path: expected a path that starts with /, found 'a'"),
        (("--path", "/a", "--target", "x"), "--path and --target: expected one of them"),
        (("--a-pid", "1"), "--a-pid and --b-pid: expected one for each address"),
        (("--output", "/no/such/folder/x"), "--output: there is no folder /no/such/folder"),
        (("--target", "none.toml"), "none.toml: cannot be read: No such file or directory"),
        (("--a", "http://localhost:1", "--path", "/a"), "cannot be reached"),
        (("--target", "silent.toml"), "silent.toml: openapi: missing; name what to compare with"),
        (("--path", "/a"), "cannot be reached: [Errno 111] Connection refused"),
    ],
)
def test_an_order_that_cannot_be_carried_out_is_refused_in_a_line(
    more: tuple[str, ...],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "silent.toml").write_text(MINIMAL)
    monkeypatch.chdir(tmp_path)
    nowhere = f"http://127.0.0.1:{a_closed_port()}"
    assert main(words(nowhere, nowhere, tmp_path / "out.ndjson", *more)) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") <= 2


def test_nothing_to_compare_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refused(path: str, headers: object) -> Answer:
        return 403, b"{}"

    assert play(refused, refused, tmp_path / "out.ndjson", "--path", "/a") == 2
    said = "there is nothing to compare:\nGET /a: visitor gets 403\n"
    assert capsys.readouterr().err == said


def test_an_endpoint_without_blocks_is_no_comparison_and_no_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "duet.ndjson"
    assert play(fine, fine, output, "--path", "/a", "--seconds", "0.001") == 2
    assert capsys.readouterr().err.splitlines() == [
        "no comparison: GET /a: no block was measured: measure longer",
        "Give each endpoint more time: --seconds 10",
    ]
    found = {item.name: item for item in read(output) if isinstance(item, Instrument)}
    assert found["duet_endpoints_compared"].value == 0


def test_too_few_blocks_are_no_comparison_and_no_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Duet, "_goes_on", lambda _, tally: len(tally.series.blocks) < 3)
    assert play(fine, fine, tmp_path / "duet.ndjson", "--path", "/a", "--seconds", "20") == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("no comparison: GET /a: 3 blocks, at least 9 needed")
    assert lines[-1] == "Give each endpoint more time: --seconds 40"


@pytest.fixture
def interrupted(enough: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody presses Ctrl-C in the second slice of the 31st block."""
    whole, slices = Duet._slice, 0

    def slice_or_stop(duet: Duet, tally: Tally, line: Any, side: Side) -> Slice:
        nonlocal slices
        slices += 1
        if slices > 4 * 30 + 1:
            raise KeyboardInterrupt
        return whole(duet, tally, line, side)

    monkeypatch.setattr(Duet, "_slice", slice_or_stop)


@pytest.mark.usefixtures("interrupted")
def test_what_was_compared_until_somebody_interrupts_is_shown_and_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "duet.ndjson"
    assert play(fine, fine, output, "--path", "/a") == 130
    said = capsys.readouterr()
    assert "GET /a  p50" in said.out
    assert said.err.endswith(f"interrupted: what was measured until then is in {output}\n")
    held = read(output)
    found = {item.name: item for item in held if isinstance(item, Instrument)}
    ended = found["duet_measured_to_its_end"]
    assert (ended.value, ended.total) == (0, 1)
    assert found["duet_slices"].value == 120
    (ratio,) = (x for x in held if isinstance(x, Measurement) and x.metric == "duet_ratio_p50")
    length = int(found["duet_slices"].detail.split()[-2])
    assert ratio.samples == 120 * length  # and nothing of the block that was cut short


def test_an_interruption_before_the_first_block_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Duet, "_warm_up", stop)
    assert play(fine, fine, tmp_path / "duet.ndjson", "--path", "/a") == 130
    assert capsys.readouterr().err == "interrupted before anything was measured\n"


def test_a_refused_order_leaves_no_file_and_changes_none(tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{a_closed_port()}"
    new, old = tmp_path / "new.ndjson", tmp_path / "old.ndjson"
    old.write_text("of yesterday")
    for output in (new, old):
        assert main(words(nowhere, nowhere, output, "--path", "/a")) == 2
    assert (new.exists(), old.read_text()) == (False, "of yesterday")


@pytest.mark.usefixtures("enough")
def test_a_file_that_takes_nothing_does_not_cost_the_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert play(fine, fine, Path("/dev/full"), "--path", "/a") == 2
    said = capsys.readouterr()
    assert "GET /a  p50" in said.out
    assert said.err == "--output: /dev/full cannot be written: No space left on device\n"


@pytest.mark.parametrize("device", ["/dev/full", "a closed pipe"])
def test_an_output_that_takes_no_words_changes_no_exit_code(tmp_path: Path, device: str) -> None:
    if device == "/dev/full":
        out: Any = open(device, "w")  # noqa: SIM115, PTH123 - closed below
    else:
        reading, writing = os.pipe()
        os.close(reading)
        out = os.fdopen(writing, "w")
    output = tmp_path / "duet.ndjson"
    with out, answering() as url:
        argv = words(url, url, output, "--path", "/a", "--seconds", "0.001")
        done = subprocess.run(
            [sys.executable, "-m", "scenarios.duet", *argv], stdout=out, stderr=subprocess.PIPE,
            text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "the table could not be shown: " in done.stderr
    assert "no block was measured" in done.stderr
    assert output.exists()


# --- the records -------------------------------------------------------------------------------


def test_a_ratio_is_recorded_with_interval_samples_and_endpoint() -> None:
    found = [
        item
        for item in records(played(tally(1.1)))
        if isinstance(item, Measurement) and item.metric.startswith("duet_ratio")
    ]
    assert {item.metric for item in found} == {"duet_ratio_p50", "duet_ratio_p95", "duet_ratio_cpu"}
    for item in found:
        assert item.value == pytest.approx(1.1)
        assert item.low == pytest.approx(1.1 / 1.01)
        assert item.high == pytest.approx(1.1 * 1.01)
        assert (item.unit, item.confidence, item.samples) == ("ratio", 0.99, 1200)
        assert item.dimensions == {"endpoint": "GET /a"}


def test_what_is_slower_is_a_finding_and_what_is_faster_is_none() -> None:
    slower = [item for item in records(played(tally(1.1))) if isinstance(item, Finding)]
    assert [item.rule for item in slower] == ["slower-than-base"] * 3
    assert slower[0].message == "GET /a p50: +10.0 % (+8.9 % to +11.1 %), slower"
    assert len({item.fingerprint for item in slower}) == 3
    assert not [item for item in records(played(tally(0.9))) if isinstance(item, Finding)]


def test_a_ratio_without_bounds_is_not_recorded_but_missed() -> None:
    few = played(tally(1.0, blocks=5))
    metrics = {item.metric for item in records(few) if isinstance(item, Measurement)}
    assert not [name for name in metrics if name.startswith("duet_ratio")]
    bounded = instruments(few)["duet_comparisons_bounded"]
    assert (bounded.value, bounded.total) == (0, 3)
    assert bounded.missing[0] == "GET /a p50: 5 blocks, at least 10 needed: measure longer"


def test_a_faulty_endpoint_is_missing_everywhere() -> None:
    half = played(tally(1.0), tally(1.0, fault="the new side answers 500", name="GET /b"))
    found = instruments(half)
    said = "GET /b: the new side answers 500"
    assert found["duet_endpoints_compared"].missing == (said,)
    assert (found["duet_endpoints_compared"].value, found["duet_endpoints_compared"].total) == (
        1,
        2,
    )
    answered = found["duet_requests_answered"]
    assert answered.total is not None
    assert answered.value == answered.total - 1
    assert found["duet_comparisons_bounded"].total == 6
    assert found["duet_comparisons_bounded"].value == 3


def test_what_was_dropped_and_what_was_left_out_is_said() -> None:
    item = tally(1.0)
    choice = Choice((item.endpoint,), left_out=("GET /x: visitor gets 403",))
    found = instruments(played(item, choice=choice))
    assert found["duet_warm_up_requests"].value == 80
    assert (
        "20 before the first slice, 60 at the head of slices"
        in found["duet_warm_up_requests"].detail
    )
    assert found["duet_slices"].value == 120
    assert found["duet_slices"].detail == "GET /a: 30 blocks of 4 slices of 10 requests"
    assert found["duet_reads_reached"].missing == ("GET /x: visitor gets 403",)
    assert found["duet_start_allowance"].value == 0.01
    assert found["duet_builds_on_one_core"].value == 0
    assert found["duet_machine_other_cpu_share"].value == 0.25


def test_an_endpoint_that_dropped_out_still_shares_the_chance_of_an_error() -> None:
    alone = judge([tally(1.0, blocks=12)], Rules(METRICS))
    beside = judge([tally(1.0, blocks=12), tally(1.0, fault="gone", name="b")], Rules(METRICS))
    assert not alone.unbounded
    assert {item.endpoint for item in beside.unbounded} == {"b"}
    many = judge([tally(1.0, blocks=12)], Rules(METRICS), planned=300)
    assert len(many.unbounded) == 3


def test_the_table_shows_both_sides_the_change_and_the_verdict() -> None:
    item = tally(1.02)
    lines = list(table([item], played(item, band=0.05).outcome))
    row = "GET /a p50 1.000 ms 1.020 ms +2.0 % +1.0 % to +3.0 % same within 5 %"
    assert " ".join(lines[1].split()) == row
    assert "CPU" in lines[3]
    broken = tally(1.0, fault="the base side answers 500")
    assert list(table([broken], played(broken).outcome))[1].endswith(
        "cannot tell: the base side answers 500"
    )
