"""The report of ten thousand tests, two in a hundred failing, beside others of as many.

Times on the clock are recorded and compared with a peer's in the same run; seconds of CPU, bytes
and elements, which a busy neighbour changes little or not at all, are held against the figures to
reach.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import pytest

from fixtures.evidence import Evidence
from fixtures.services.guard import Guard
from reports.configuration import load_objectives
from reports.history import Entry, Value, read_history
from reports.provenance import tree_id
from reports.trends import trends_of
from suites.bench.report import peers
from suites.bench.report.made_up_run import write_run
from suites.bench.report.opened import Opened, chromium, opened

TESTS, FAILING, RUNS = 10_000, 200, 1_000
POLICY = "commit"
TIMES = 3
TURNS = 3


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of ten thousand tests under the project's own objectives, not judged yet."""
    root = tmp_path_factory.mktemp("root")
    (root / "app.py").write_text("a = 1\n")
    objectives = load_objectives(peers.ROOT / "scenarios" / "slo.toml")
    folder = root / "out" / "20260101-120000-gate"
    layers = objectives.layers_of(POLICY)
    write_run(folder, objectives, layers=layers, tests=TESTS, failing=FAILING, tree=tree_id(root))
    return folder


# A process inherits the peak of the one that started it, so it looks at its own memory's instead.
JUDGE = """
import re, sys
from pathlib import Path
from reports.__main__ import main
code = main(sys.argv[1:])
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1], file=sys.stderr)
sys.exit(code)
"""


def judge(folder: Path) -> tuple[float, float, float]:
    """Judge and render in a process of its own: CPU seconds, seconds on the clock, peak MB."""
    root = folder.parents[1]
    files = (f"--slo={peers.ROOT}/scenarios/slo.toml",
             f"--waivers={peers.ROOT}/scenarios/waivers.toml", f"--root={root}")  # fmt: skip
    command = [sys.executable, "-c", JUDGE, str(folder), "--policy", POLICY, *files]
    spent = peers.spend(command, root, {"PYTHONPATH": str(peers.ROOT)})
    assert spent.exit_code == 1, spent.said  # NO-GO: tests failed
    return spent.cpu_s, spent.wall_s, int(spent.said.split()[-1]) * 1024 / 1e6


def test_ten_thousand_tests_are_judged_and_rendered_in_a_second_and_150_mb(
    judged: Path, evidence: Evidence
) -> None:
    found = [judge(judged) for _ in range(TIMES)]
    cpu_s, wall_s, peak_mb = (min(values) for values in zip(*found, strict=True))
    evidence.measure("report_judging_cpu_s", cpu_s, "s", samples=TIMES)
    evidence.measure("report_judging_wall_s", wall_s, "s", samples=TIMES)
    evidence.measure("report_judging_peak_mb", peak_mb, "MB", samples=TIMES)
    print(f"judging {TESTS} tests: {cpu_s:.2f} s CPU, {wall_s:.2f} s wall, {peak_mb:.0f} MB")
    assert peak_mb <= 150
    assert cpu_s <= 2  # one second on an idle core; two where a neighbour shares it


@pytest.fixture(scope="module")
def pages(
    judged: Path, guard: Guard, tmp_path_factory: pytest.TempPathFactory, evidence: Evidence
) -> Iterator[dict[str, Opened]]:
    """Every page that could be made, opened in one browser; peers that could not be are named."""
    judge(judged)
    folder = tmp_path_factory.mktemp("peers")
    project = peers.write_tests(folder / "project", TESTS, recorded=False)
    made = {"touchline": judged / "report.html", "pytest-html": folder / "pytest-html.html"}
    peers.pytest_html(project, made["pytest-html"])
    tool = peers.allure_tool(folder / "npm")
    if tool:
        made["allure"] = folder / "allure" / "index.html"
        peers.allure_results(project, folder / "results")
        spent = peers.allure(tool, folder / "results", made["allure"])
        evidence.measure("report_judging_cpu_s", spent.cpu_s, "s", against="allure")
    missing = [] if tool else ["allure: npm could not install it"]
    evidence.instrument("report_peers", len(made) - 1, total=2, unit="reports", missing=missing)
    with chromium(guard.folder) as browser:
        yield {
            name: opened(browser, page, every_way=name == "touchline")
            for name, page in made.items()
        }


def test_the_page_is_smaller_faster_and_easier_to_read_than_its_peers(
    pages: dict[str, Opened], evidence: Evidence
) -> None:
    for name, page in pages.items():
        evidence.measure("report_page_bytes", page.bytes, "bytes", report=name)
        evidence.measure("report_page_opens_s", page.seconds, "s", samples=5, report=name)
        evidence.measure("report_page_elements", page.elements, "elements", report=name)
        evidence.measure("report_page_requests", page.requests, "requests", report=name)
        evidence.measure("report_page_axe_rules", len(page.rules), "rules", report=name)
        print(f"{name}: {page}")
    ours = pages["touchline"]
    assert ours.bytes <= 300_000
    assert ours.elements <= 500
    assert ours.requests == 0
    assert ours.rules == ()
    peer = pages["pytest-html"]
    share = ours.seconds / peer.seconds
    evidence.measure("report_page_opens_share", share, "ratio", against="pytest-html")
    assert share <= 0.2 / 5.8 * 3  # the figures to reach, with room for a busy machine


def test_recording_costs_less_than_any_peer_and_a_few_percent(
    tmp_path: Path, evidence: Evidence
) -> None:
    plain = peers.write_tests(tmp_path / "plain", TESTS, recorded=False)
    ours = peers.write_tests(tmp_path / "ours", TESTS, recorded=True)
    spent: dict[str, list[float]] = defaultdict(list)
    for turn in range(TURNS):
        runs = {
            "plain": peers.run_tests(plain),
            "touchline": peers.run_tests(ours, f"--run-dir={tmp_path}/run-{turn}"),
            "pytest-html": peers.pytest_html(plain, tmp_path / "page.html"),
            "allure": peers.allure_results(plain, tmp_path / f"results-{turn}"),
        }
        for name, one in runs.items():
            spent[name].append(one.cpu_s)
    # a neighbour on the machine can only add to what a run takes: the least is nearest to its own
    least = {name: min(values) for name, values in spent.items()}
    base = least.pop("plain")
    shares = {name: cpu_s / base - 1 for name, cpu_s in least.items()}
    for name, share in shares.items():
        evidence.measure("report_recording_share", share, "ratio", samples=TURNS, report=name)
        print(f"recording with {name}: {share:+.1%} of plain pytest's {base:.1f} s of CPU time")
    assert shares["touchline"] < min(shares["pytest-html"], shares["allure"]) / 2


def test_a_history_of_a_thousand_runs_is_judged_in_half_a_second(
    tmp_path: Path, evidence: Evidence
) -> None:
    store = tmp_path / "runs.ndjson"
    entries = [entry(number) for number in range(RUNS)]
    store.write_text("".join(json.dumps({**e.line(), "previous": ""}) + "\n" for e in entries))
    trends_of(entries[-20:-1], entries[-1])  # loads NumPy, SciPy and Otava
    seconds = []
    for _ in range(TIMES):
        began = process_time()
        found = read_history(store)
        trends = trends_of(found.entries[:-1], found.entries[-1])
        seconds.append(process_time() - began)
    assert len(found.entries) == RUNS
    assert trends["fast latency"].jumps != ()
    evidence.measure("report_history_cpu_s", min(seconds), "s", samples=TIMES)
    print(f"a history of {RUNS} runs: {min(seconds):.2f} s CPU")
    assert min(seconds) <= 0.5


def entry(number: int) -> Entry:
    """A run of fifteen values and twenty failures; one value jumps near the end."""
    names = ("fast latency", *(f"objective-{index} value" for index in range(14)))
    values = {
        name: Value(value=100 + (number * 7919 + index * 31) % 17 / 4
                    + 20 * (index == 0 and number >= RUNS - 60),
                    unit="ms", op="<", limit=200.0, low=90.0, high=150.0, samples=4000)
        for index, name in enumerate(names)
    }  # fmt: skip
    return Entry(
        run=f"run-{number:04}", began=f"2026-{number:06}", judged_at="", policy=POLICY,
        release="GO", values=values, states={f"objective-{n}": "met" for n in range(55)},
        failures={f"suites/unit/test_x.py::test_{n}_holds": "failed" for n in range(20)},
    )  # fmt: skip
