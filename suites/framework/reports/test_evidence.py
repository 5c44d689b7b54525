from __future__ import annotations

import hashlib
import json
import math
import os
import re
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.evidence import (
    KINDS,
    AnyRecord,
    Check,
    Closing,
    DecodeError,
    EvidenceWriter,
    Finding,
    Instrument,
    Measurement,
    Opening,
    Provenance,
    Series,
    decode,
    encode,
    fingerprint,
    read_layer,
)
from suites.framework.reports.runs import check, measured, provenance, write

HALVES = re.compile("[\ud800-\udfff]")
EXAMPLES: tuple[AnyRecord, ...] = (
    Provenance(commit="c", tree="t", dirty=True, machine={"cpu": "x"}, tools={"ruff": "1"}),
    Opening(tree="t", command="pytest", collected=3, deselected=1),
    Check(id="a::b", outcome="flaky", seconds=0.5, objectives=("o",), attachments=("x.png",)),
    Measurement(metric="m_ms", value=1.5, unit="ms", low=1.0, high=2.0, dimensions={"a": "b"}),
    Series(metric="m", unit="ms", points=((0.0, 1.0), (1.0, 2.5))),
    Finding(tool="t", rule="r", severity="high", message="m", fingerprint="f", path="p", line=3),
    Instrument(name="n", value=3.0, total=4.0, missing=("x",)),
    Closing(exit_status=1, seconds=1.0, lines=3, sha256="s"),
)


@pytest.mark.parametrize("record", EXAMPLES, ids=lambda record: record.kind)
def test_a_record_is_read_as_it_was_written(record: AnyRecord) -> None:
    assert decode(encode(record)) == record


def test_every_kind_of_record_is_among_the_examples() -> None:
    assert {record.kind for record in EXAMPLES} == set(KINDS)


@given(
    value=st.floats(1e-99, 1e99) | st.floats(-1e99, -1e-99) | st.just(0.0), text=st.text()
)  # fmt: skip
def test_numbers_and_texts_survive(value: float, text: str) -> None:
    record = Measurement(metric=text, value=value, unit="ms", dimensions={"k": text})
    assert decode(encode(record)) == record
    assert "\n" not in encode(record)


@given(text=st.text(st.characters(categories=["Cs", "L"]), min_size=1))
def test_half_a_character_is_written_and_read_as_the_sign_for_what_cannot_be_said(
    text: str,
) -> None:
    record = Check(id=text, outcome="failed", message=text)
    told = HALVES.sub("\ufffd", text)
    assert decode(encode(record)) == Check(id=told, outcome="failed", message=told)


@given(text=st.text(st.characters(categories=["Cs", "L"]), min_size=1))
def test_half_a_character_that_another_program_escaped_is_read_as_that_sign_too(text: str) -> None:
    foreign = json.dumps({"kind": "check", "id": text, "outcome": "passed"})
    whole = json.loads(foreign)["id"]  # two halves beside each other are a character again
    assert decode(foreign) == Check(id=HALVES.sub("\ufffd", whole), outcome="passed")


def test_half_a_character_in_one_record_takes_nothing_of_the_others_along(tmp_path: Path) -> None:
    hostile = check("a::test", "failed", message="broke: \ud800")
    layer = read_layer(write(tmp_path, "unit", hostile, check("b")))
    assert layer.faults == ()
    assert [r.message for r in layer.records if isinstance(r, Check)] == ["broke: \ufffd", ""]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_cannot_be_written(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode(measured(value))


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999", "-1e999", "1" + "0" * 400])
def test_what_is_not_a_number_cannot_be_read(value: str) -> None:
    with pytest.raises(DecodeError, match=r"not a number|reckoned with|may hold"):
        decode(f'{{"kind":"measurement","metric":"m","unit":"ms","value":{value}}}')


def test_every_faulty_field_is_named_at_once() -> None:
    with pytest.raises(DecodeError) as caught:
        decode('{"kind":"check","id":3,"outcome":"green","seconds":true,"colour":"red"}')
    for field in ("id", "outcome", "seconds", "colour"):
        assert f"field {field}" in str(caught.value)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("[1]", "expected a JSON object, found list"),
        ('{"kind":"rumour"}', "field kind: expected one of"),
        ('{"id":"a"}', "field kind: expected one of"),
        ('{"kind":"check","outcome":"passed"}', "field id: missing"),
        ('{"kind":"series","metric":"m","unit":"s","points":[[1]]}', "expected 2 items, found 1"),
        ('{"kind":"opening","collected":true}', "expected int, found True"),
        ('{"kind":"instrument","name":"n","value":1,"dimensions":{"a":1}}', "object of str"),
        ("", "not JSON"),
    ],
)
def test_a_line_that_is_no_record_says_what_was_expected(line: str, told: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(line)
    assert told in str(caught.value)


def test_a_file_written_in_order_is_whole(tmp_path: Path) -> None:
    path = write(tmp_path, "load", measured(3), check())
    layer = read_layer(path)
    assert layer.faults == ()
    assert layer.layer == "load"
    assert isinstance(layer.records[-1], Closing)


def test_evidence_is_never_written_over(tmp_path: Path) -> None:
    path = write(tmp_path, "load", check())
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        EvidenceWriter(path, run="again", layer="load")
    assert path.read_bytes() == before


def test_a_file_that_is_not_there_is_a_fault_not_a_crash(tmp_path: Path) -> None:
    layer = read_layer(tmp_path / "gone.ndjson")
    assert not layer.whole
    assert "cannot be read" in str(layer.faults[0])


def test_all_faults_of_a_file_are_told_with_their_lines(tmp_path: Path) -> None:
    path = write(tmp_path, "load", measured(3), check())
    lines = path.read_text().splitlines()
    lines[2] = lines[2].replace('"unit":"ms"', '"unit":7')
    lines[3] = "{"
    path.write_text("\n".join(lines) + "\n")
    faults = [str(fault) for fault in read_layer(path).faults]
    assert f"{path}:3: field unit: expected str, found 7" in faults
    assert any(fault.startswith(f"{path}:4: not JSON") for fault in faults)
    assert any("were changed" in fault for fault in faults)


def test_a_schema_of_another_version_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "load.ndjson"
    writer = EvidenceWriter(path, run="r", layer="load")
    for record in (replace(provenance(), schema=1), Opening(tree="t")):
        writer.write(record)
    writer.close(0)
    assert [fault.problem for fault in read_layer(path).faults] == [
        "field schema: expected 2, found 1"
    ]


def reframed(path: Path, lines: list[str]) -> list[str]:
    """The faults of a file whose lines were exchanged and whose closing was made to fit."""
    body = "".join(f"{line}\n" for line in lines)
    digest = hashlib.sha256(f"{body}0 0.0 {len(lines)}".encode()).hexdigest()
    closing = Closing(run="r", layer=path.stem, lines=len(lines), sha256=digest)
    path.write_text(f"{body}{encode(closing)}\n")
    return [fault.problem for fault in read_layer(path).faults]


def framed(path: Path) -> list[str]:
    records: tuple[AnyRecord, ...] = (provenance(), Opening(tree="t"), check())
    return [encode(replace(record, run="r", layer=path.stem)) for record in records]


def test_a_file_that_fits_its_closing_has_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "load.ndjson"
    assert reframed(path, framed(path)) == []


def test_records_of_two_runs_in_one_file_are_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "load.ndjson"
    mixed = [line.replace('"run":"r"', '"run":"q"') if '"check"' in line else line
             for line in framed(path)]  # fmt: skip
    assert reframed(path, mixed) == ["records of more than one run"]


def test_provenance_that_is_not_first_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "load.ndjson"
    first, second, third = framed(path)
    assert reframed(path, [second, first, third]) == [
        "expected provenance first, found opening",
        "expected opening second, found provenance",
    ]


def test_an_opening_that_is_not_second_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "load.ndjson"
    first, second, third = framed(path)
    assert reframed(path, [first, third, second]) == ["expected opening second, found check"]


def test_nothing_may_follow_the_closing_which_does_not_cover_it(tmp_path: Path) -> None:
    path = write(tmp_path, "load", check("a", "failed"), exit_status=1)
    lines = path.read_text().splitlines()
    later = encode(replace(check("b"), run=read_layer(path).records[0].run, layer="load"))
    changed = [line.replace('"failed"', '"passed"') for line in lines[:-1]]
    for told in ([*lines, later], [*changed[:2], lines[-1], *changed[2:]]):
        path.write_text("\n".join(told) + "\n")
        problems = [fault.problem for fault in read_layer(path).faults]
        assert problems == ["expected closing last, found check"]


def test_a_changed_exit_status_is_told_as_a_changed_line_is(tmp_path: Path) -> None:
    path = write(tmp_path, "load", check(), exit_status=3)
    path.write_text(path.read_text().replace('"exit_status":3', '"exit_status":0'))
    problems = [fault.problem for fault in read_layer(path).faults]
    assert problems == ["the closing record, or the lines above it, were changed"]


@pytest.mark.parametrize("told", ["failed", "passed"])
def test_a_closing_whose_digest_is_empty_vouches_for_nothing(tmp_path: Path, told: str) -> None:
    path = write(tmp_path, "load", check("a", "failed"), exit_status=1)
    text = path.read_text().replace('"outcome":"failed"', f'"outcome":"{told}"')
    path.write_text(re.sub(r'"sha256":"[0-9a-f]{64}"', '"sha256":""', text))
    problems = [fault.problem for fault in read_layer(path).faults]
    assert problems == ["the closing record, or the lines above it, were changed"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("provenance", "schema"), ("opening", "collected"), ("opening", "deselected"),
     ("closing", "exit_status"), ("closing", "lines"), ("closing", "sha256")],
)  # fmt: skip
def test_what_a_frame_leaves_unsaid_is_missing_and_not_nothing(kind: str, name: str) -> None:
    (record,) = (record for record in EXAMPLES if record.kind == kind)
    body = json.loads(encode(record))
    del body[name]
    with pytest.raises(DecodeError, match=f"field {name}: missing"):
        decode(json.dumps(body))


@pytest.mark.parametrize("name", ["collected", "deselected"])
def test_a_layer_of_less_than_no_test_is_a_fault(tmp_path: Path, name: str) -> None:
    path = tmp_path / "load.ndjson"
    first, second, third = framed(path)
    less = second.replace(f'"{name}":0', f'"{name}":-1')
    assert ["not so" in problem for problem in reframed(path, [first, less, third])] == [True]


def test_evidence_of_a_run_without_a_name_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "load.ndjson"
    problems = reframed(path, [line.replace('"run":"r"', '"run":""') for line in framed(path)])
    assert "field run: empty, so whose evidence this is cannot be told" in problems


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"kind":"check","id":"a","outcome":"failed","outcome":"passed"}', "outcome: more than"),
        ("[" * 100_000, "lie too deep within each other"),
        (f'{{"kind":"measurement","metric":"m","unit":"s","value":1,"samples":1{"0" * 400}}}',
         "a number of 401 digits"),
        ('{"kind":"measurement","metric":"m","unit":"s","value":1e200}', "be reckoned with"),
        ('{"kind":"measurement","metric":"m","unit":"s","value":5e-324}', "be reckoned with"),
    ],
)  # fmt: skip
def test_what_nobody_can_reckon_with_is_told_and_breaks_nothing(line: str, told: str) -> None:
    with pytest.raises(DecodeError, match=told):
        decode(line)


def test_a_pipe_in_the_place_of_evidence_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "unit.ndjson")
    layer = read_layer(tmp_path / "unit.ndjson")
    assert "it is no regular file" in str(layer.faults[0])


def test_bytes_that_are_no_text_are_a_fault(tmp_path: Path) -> None:
    path = write(tmp_path, "load", check())
    path.write_bytes(path.read_bytes().replace(b"suites/x", b"suites\xff\xfe", 1))
    assert not read_layer(path).whole


def test_a_fingerprint_depends_on_each_part_and_its_place() -> None:
    marks = {fingerprint("a", "b"), fingerprint("b", "a"), fingerprint("ab"), fingerprint("a", "")}
    assert len(marks) == 4
    assert fingerprint("a", "b") == fingerprint("a", "b")


def test_a_line_is_one_object_of_json() -> None:
    body = json.loads(encode(check()))
    assert body["kind"] == "check"


def test_what_evidence_cannot_hold_is_refused_when_it_is_written() -> None:
    of_a_proxy = Measurement(metric="m", value=1, unit="s", dimensions=MappingProxyType({"a": "b"}))
    assert decode(encode(of_a_proxy)) == of_a_proxy
    with pytest.raises(TypeError, match="evidence cannot hold a set"):
        encode(Measurement(metric="m", value=1, unit="s", dimensions={"a": {1}}))  # type: ignore[dict-item]


def test_a_single_value_in_the_place_of_a_list_is_named() -> None:
    with pytest.raises(DecodeError, match="expected a list, found 3"):
        decode('{"kind":"series","metric":"m","unit":"s","points":3}')
