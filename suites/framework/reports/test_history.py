from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from reports.history import Entry, Value, add_run, pin_run, read_history, store_of, update_latest


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


def test_a_line_is_json_with_the_digest_of_the_one_before(store: Path) -> None:
    add_run(store, entry("1"))
    add_run(store, entry("2"))
    first, second = (json.loads(line) for line in store.read_text().splitlines())
    assert first["previous"] == ""
    assert len(second["previous"]) == 64
