from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from reports import history
from reports.__main__ import main
from reports.history import Entry, Value, add_run, pin_run, read_history, store_of, update_latest
from suites.framework.reports.runs import RUN, check, write
from suites.framework.reports.test_command import SLO, project

__all__ = ["project"]  # a fixture


def entry(run: str, release: str = "GO", **more: object) -> Entry:
    body = {"began": f"2026-01-{run:0>2}", "judged_at": "now", "policy": "commit", **more}
    return Entry(run=run, release=release, **body)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "history" / "runs.ndjson"


# --- latest ------------------------------------------------------------------------------------


def test_latest_points_at_the_run_by_a_name_beside_it(tmp_path: Path) -> None:
    for name in ("1", "2"):
        (tmp_path / name).mkdir()
    update_latest(tmp_path / "1")
    link = update_latest(tmp_path / "2")
    assert link.resolve() == tmp_path / "2"
    assert str(link.readlink()) == "2"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "2", "latest"]


def test_a_folder_called_latest_is_not_replaced(tmp_path: Path) -> None:
    for name in ("1", "latest"):
        (tmp_path / name).mkdir()
    with pytest.raises(OSError, match="latest"):
        update_latest(tmp_path / "1")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "latest"]


# --- the store ---------------------------------------------------------------------------------


def test_the_store_lies_beside_the_runs(tmp_path: Path) -> None:
    assert store_of(tmp_path / "a-run") == tmp_path / "history" / "runs.ndjson"


def test_what_was_added_is_read_again_in_the_order_in_which_it_began(store: Path) -> None:
    second = entry(
        "2", "NO-GO", values={"fast m": Value(value=1.5, unit="ms", op="<", limit=2.0, samples=9)},
        failures={"t": "failed"}, states={"fast": "missed"}, layers={"unit": 2.5},
    )  # fmt: skip
    add_run(store, second)
    add_run(store, entry("1"))
    found = read_history(store)
    assert found.faults == ()
    assert [item.run for item in found.entries] == ["1", "2"]
    read = found.entries[1]
    assert dict(read.values) == second.values
    assert (read.failures, read.states, read.layers) == (
        second.failures, second.states, second.layers,
    )  # fmt: skip


def test_lines_are_only_ever_added(store: Path) -> None:
    add_run(store, entry("1"))
    before = store.read_bytes()
    add_run(store, entry("2"))
    assert store.read_bytes().startswith(before)


def test_a_run_that_is_judged_again_alike_is_not_added_again(store: Path) -> None:
    assert add_run(store, entry("1"))
    assert not add_run(store, entry("1", judged_at="later"))
    assert add_run(store, entry("1", "NO-GO"))
    assert [item.release for item in read_history(store).entries] == ["NO-GO"]


def test_a_store_that_is_not_there_is_empty(store: Path) -> None:
    assert read_history(store).entries == ()


@pytest.mark.parametrize("damage", ["changed", "taken out", "nonsense", "cut off"])
def test_damage_is_told_with_its_line_and_the_rest_is_read(damage: str, store: Path) -> None:
    for run in ("1", "2", "3"):
        add_run(store, entry(run))
    lines = store.read_bytes().splitlines(keepends=True)
    lines[1] = {
        "changed": lines[1].replace(b"GO", b"NO-GO"), "taken out": b"",
        "nonsense": b'{"kind": 3}\n', "cut off": lines[1],
    }[damage]  # fmt: skip
    store.write_bytes(b"".join(lines) + (b'{"kind"' if damage == "cut off" else b""))
    found = read_history(store)
    assert found.faults
    assert {"1", "3"} <= {item.run for item in found.entries}


@pytest.mark.parametrize("gone", [1, 2])
def test_runs_that_were_taken_out_at_the_beginning_are_told_of_the_first_line(
    gone: int, store: Path
) -> None:
    for run in ("1", "2", "3"):
        add_run(store, entry(run))
    store.write_bytes(b"".join(store.read_bytes().splitlines(keepends=True)[gone:]))
    found = read_history(store)
    assert found.faults == (f"{store}:1: the line before it was changed or taken out",)
    assert [item.run for item in found.entries] == ["1", "2", "3"][gone:]


def test_a_line_that_was_cut_off_spoils_no_line_after_it(store: Path) -> None:
    add_run(store, entry("1"))
    with store.open("ab") as file:
        file.write(b'{"kind":"run","half')
    add_run(store, entry("2"))
    found = read_history(store)
    assert [item.run for item in found.entries] == ["1", "2"]
    assert len(found.faults) == 1


def test_writers_at_the_same_time_take_turns(store: Path) -> None:
    threads = [
        threading.Thread(
            target=add_run, args=(store, entry(str(n), failures={"x" * 9000: "failed"}))
        )
        for n in range(1, 9)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = read_history(store)
    assert (len(found.entries), found.faults) == (8, ())


def test_the_last_pin_counts_and_disturbs_nothing(store: Path) -> None:
    add_run(store, entry("1"))
    pin_run(store, "1", "now")
    add_run(store, entry("2"))
    pin_run(store, "2", "now")
    found = read_history(store)
    assert (found.pinned, len(found.entries), found.faults) == ("2", 2, ())


def test_runs_before_are_those_that_began_before_the_run_itself_left_out(store: Path) -> None:
    for run in ("1", "2", "3"):
        add_run(store, entry(run))
    found = read_history(store)
    assert [item.run for item in found.before("2", "2026-01-02")] == ["1"]
    assert found.of("3") is not None
    assert found.of("9") is None


def test_a_run_is_not_its_own_past_though_it_seemed_to_begin_earlier(store: Path) -> None:
    add_run(store, entry("2", began="2026-01-01"))
    assert read_history(store).before("2", "2026-01-02") == ()


def test_a_line_is_json_with_the_digest_of_the_one_before(store: Path) -> None:
    add_run(store, entry("1"))
    add_run(store, entry("2"))
    first, second = (json.loads(line) for line in store.read_text().splitlines())
    assert first["previous"] == ""
    assert len(second["previous"]) == 64


def written(store: Path, **changes: Any) -> None:
    """A store of two runs, and a line of somebody else's between them."""
    good = [entry(run).line() for run in ("1", "3")]
    store.parent.mkdir(parents=True)
    lines = (good[0], {**entry("2").line(), **changes}, good[1])
    store.write_text("".join(f"{json.dumps({**line, 'previous': ''})}\n" for line in lines))


def told_of_the_second_line(store: Path) -> str:
    """What is told of the line between, once the runs around it have been read."""
    found = read_history(store)
    assert [item.run for item in found.entries] == ["1", "3"]
    (told,) = (fault for fault in found.faults if f"{store}:2: not a line of this store" in fault)
    return told


HUGE = 10**400


@pytest.mark.parametrize(
    ("field", "value"),
    [("run", 3), ("began", None), ("began", 3), ("judged_at", None), ("judged_at", 3),
     ("policy", []), ("release", None), ("commit", None), ("tree", 3), ("dirty", "no"),
     ("states", []), ("states", None), ("states", {"fast": []}), ("states", {"fast": {}}),
     ("required", None), ("required", [3]), ("failures", []), ("failures", None),
     ("failures", {"t": None}), ("layers", []), ("layers", {"unit": "1"}),
     ("layers", {"unit": HUGE}), ("values", []), ("values", None), ("values", {"m": None}),
     ("values", {"m": []}), ("values", {"m": 5}), ("values", {"m": "5"}),
     ("values", {"m": ["5"]}), ("values", {"m": [True]}), ("values", {"m": [float("nan")]}),
     ("values", {"m": [float("inf")]}), ("values", {"m": [HUGE]}), ("values", {"m": [1.0, 3]}),
     ("values", {"m": [1.0, "ms", "<", HUGE]}), ("values", {"m": [1.0, "ms", "<", "2"]}),
     ("values", {"m": [1.0, "ms", "<", 2, 1, 3, 9, 9]})],
    ids=lambda part: str(part)[:40],
)  # fmt: skip
def test_a_field_that_holds_something_else_is_told_with_its_line_and_passed_over(
    field: str, value: object, store: Path
) -> None:
    written(store, **{field: value})
    assert told_of_the_second_line(store).endswith(f"(field {field})")


@pytest.mark.parametrize(
    "changes", [{"run": "\ud800"}, {"failures": {"\udfff": "failed"}}, {"more": 3}]
)
def test_half_a_character_and_a_field_too_many_are_told_and_passed_over(
    changes: dict[str, object], store: Path
) -> None:
    written(store, **changes)
    told_of_the_second_line(store)


@pytest.mark.parametrize(
    "line", [b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000, b"\xff", b"1" * 5000, b"[]"],
    ids=["deep", "deep-and-cut", "no-text", "long-integer", "list"],
)  # fmt: skip
def test_a_line_that_nobody_can_read_is_told_and_passed_over(line: bytes, store: Path) -> None:
    written(store)
    first, _, last = store.read_bytes().splitlines()
    store.write_bytes(b"\n".join((first, line, last, b"")))
    told_of_the_second_line(store)


@pytest.mark.parametrize("run", [3, None, "\ud800"])
def test_a_pin_that_names_no_run_pins_none(run: object, store: Path) -> None:
    add_run(store, entry("1"))
    with store.open("a") as file:
        file.write(json.dumps({"kind": "pin", "run": run, "previous": ""}) + "\n")
    found = read_history(store)
    assert found.pinned == ""
    assert any("not a line of this store" in fault for fault in found.faults)


def test_a_run_whose_name_no_encoding_can_write_is_kept_and_added_once(store: Path) -> None:
    odd = entry("1", failures={"half \ud800": "failed"}, began="2026")
    assert add_run(store, odd)
    assert not add_run(store, odd)
    assert add_run(store, entry("\udcff", began="2027"))
    assert not add_run(store, entry("\udcff", began="2027"))
    found = read_history(store)
    assert (found.faults, len(found.entries)) == ((), 2)


# --- a foreign line and the commands -------------------------------------------------------------


@pytest.mark.parametrize("value", [None, [5], {"fast latency_ms": [HUGE]}], ids=["no", "list", "#"])
def test_a_foreign_line_changes_no_verdict_and_no_pin(
    value: object, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = store_of(project / "out" / RUN)
    written(store, values=value, began="2025")
    assert main([f"out/{RUN}"]) == 0
    assert main(["pin", f"out/{RUN}"]) == 0
    assert read_history(store).pinned == RUN
    assert f"{store.name}:2" in (project / "out" / RUN / "report.html").read_text()
    assert "Traceback" not in capsys.readouterr().err


def test_a_store_that_takes_no_line_pins_nothing_and_says_what_to_do(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main([f"out/{RUN}"])

    def read_only(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(history, "pin_run", read_only)
    capsys.readouterr()
    assert main(["pin", f"out/{RUN}"]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"{store_of(project / 'out' / RUN)}: cannot be added to: Permission")
    assert "nothing was pinned" in told


def test_a_run_whose_folder_was_renamed_is_pinned_by_the_name_that_its_evidence_bears(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "out" / RUN).rename(project / "out" / "renamed")
    main(["out/renamed"])
    assert main(["pin", "out/renamed"]) == 0
    assert f"later runs are compared with {RUN}" in capsys.readouterr().out
    assert read_history(store_of(project / "out" / "renamed")).pinned == RUN


def test_a_folder_with_the_evidence_of_two_runs_is_pinned_by_its_own_name(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project / "out" / RUN, "e2e", check("x"), run="another")
    main([f"out/{RUN}"])
    assert main(["pin", f"out/{RUN}"]) == 0
    assert f"later runs are compared with {RUN}" in capsys.readouterr().out


def test_what_is_wrong_with_the_store_is_told_where_it_holds_no_such_run(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = store_of(project / "out" / RUN)
    written(store, run=3)
    assert main(["pin", f"out/{RUN}"]) == 2
    told = capsys.readouterr().err
    assert f"{store}:2: not a line of this store (field run)" in told
    assert f"judge it first: python -m reports out/{RUN}" in told


# --- judged again --------------------------------------------------------------------------------


def test_a_run_that_is_looked_at_after_a_change_keeps_its_place_in_the_history(
    project: Path,
) -> None:
    store = store_of(project / "out" / RUN)
    assert main([f"out/{RUN}"]) == 0
    kept = store.read_bytes()
    (project / "app.py").write_text("a = 2\n")
    assert main([f"out/{RUN}"]) == 2
    assert store.read_bytes() == kept
    (project / "app.py").write_text("a = 1\n")
    (project / "scenarios" / "slo.toml").write_text(SLO.replace("limit = 200", "limit = 140"))
    assert main([f"out/{RUN}"]) == 1
    assert [item.release for item in read_history(store).entries] == ["NO-GO"]


def test_a_run_that_was_of_another_tree_from_the_start_is_in_the_history(project: Path) -> None:
    (project / "app.py").write_text("a = 2\n")
    assert main([f"out/{RUN}"]) == 2
    (found,) = read_history(store_of(project / "out" / RUN)).entries
    assert found.release == "NO VERDICT"
