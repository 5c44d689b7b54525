from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

import reports.render
from reports.configuration import load_objectives, load_waivers
from reports.faults import ConfigError
from reports.objectives import ANCHOR_BEGINNINGS, PAGE_ANCHORS

HEAD = """\
layers = ["unit", "security", "load"]
[policies.commit]
description = "every push"
layers = ["unit", "security", "load"]
[policies.release]
description = "everything"
includes = ["commit"]
"""
ROW = """
[[objective]]
id = "fast"
promise = "answers are fast"
target = "p95 < 200 ms"
reason = "it was promised"
policies = ["commit"]
[[objective.requires]]
kind = "measurement"
layer = "load"
metric = "latency_ms"
where = { scenario = "mix" }
op = "<"
limit = 200
unit = "ms"
minimum_samples = 1000
"""
WAIVER = """
[[waiver]]
scope = "objective:fast"
owner = "eve@example.org"
reason = "a known shortfall"
granted = 2026-01-01
expires = 2026-03-01
"""


@pytest.fixture
def slo(tmp_path: Path) -> Path:
    return tmp_path / "slo.toml"


def faults_of(path: Path, text: str) -> list[str]:
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_waivers(path) if path.name == "waivers.toml" else load_objectives(path)
    return [str(fault).removeprefix(f"{path}:") for fault in caught.value.faults]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_a_right_file_is_read(slo: Path) -> None:
    slo.write_text(HEAD + ROW)
    found = load_objectives(slo)
    assert [item.id for item in found.required_by("release")] == ["fast"]
    assert found.layers_of("release") == ("unit", "security", "load")


@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        ('op = "<"', 'op = "!="', "field op: input should be '<', '<=', '>', '>=' or '=='"),
        ("limit = 200", "limit = nan", "field limit: input should be a finite number, found nan"),
        ("limit = 200", "limit = inf", "field limit: input should be a finite number, found inf"),
        ("limit = 200", 'limit = "200"', "field limit: input should be a valid number"),
        ("limit = 200", "limit = true", "field limit: input should be a valid number, found True"),
        ("limit = 200\n", "", "clause 1, field limit: missing"),
        ('unit = "ms"', 'unit = "s"', "field unit: expected 'ms', as latency_ms says, found 's'"),
        ('layer = "load"', 'layer = "lod"',
         "field layer: expected one of the layers unit, security, load, found lod"),
        ('policies = ["commit"]', 'policies = ["push"]',
         "field policies: expected one of the policies commit, release, found push"),
        ('policies = ["commit"]', "policies = []", "field policies: tuple should have at least 1"),
        ('kind = "measurement"', 'kind = "guess"',
         "field kind: expected one of 'measurement', 'comparison', 'checks', 'findings'"),
        ("minimum_samples = 1000", "minimum_samples = 0",
         "field minimum_samples: input should be greater than or equal to 1, found 0"),
        ("minimum_samples = 1000", "minimum = 3", "field minimum: unknown field"),
        ('promise = "answers are fast"', 'promise = " "', "field promise: string should match"),
        ('promise = "answers are fast"', 'promis = "x"', "field promise: missing"),
        ('id = "fast"', 'id = "Fast one"', "field id: string should match pattern"),
        ('id = "fast"', 'id = "unit-suite"', "ids that end in -suite are the gate's own"),
        ('where = { scenario = "mix" }', "where = { scenario = 3 }",
         "field where: input should be a valid string, found 3"),
        ('includes = ["commit"]', 'includes = ["comit"]', "found 'comit'"),
        ('includes = ["commit"]', 'includes = ["release"]', "includes itself"),
        ('layers = ["unit", "security", "load"]\n[policies.release]',
         'layers = ["unit"]\n[policies.release]',
         "policy commit requires it, but does not run load"),
    ],
)  # fmt: skip
def test_a_fault_names_its_line_its_field_and_what_was_expected(
    good: str, bad: str, told: str, slo: Path
) -> None:
    text = HEAD + ROW
    assert good in text
    found = faults_of(slo, text.replace(good, bad, 1))
    assert any(told in fault for fault in found), found
    assert all(fault[0].isdigit() for fault in found), found


def test_an_id_that_is_a_part_of_the_page_is_refused(slo: Path) -> None:
    for taken in ("load", "tests", "access", "pack", "layer-unit", "cause-1"):
        (fault,) = faults_of(slo, HEAD + ROW.replace('"fast"', f'"{taken}"'))
        assert f"the page has a part of its own called '{taken}'" in fault


def test_the_parts_of_the_page_that_no_objective_may_be_called_are_those_of_its_templates() -> None:
    page = Path(str(reports.render.__file__)).with_name("page")
    text = "".join(path.read_text() for path in page.glob("*.j2"))
    named = re.findall(r'\sid="([^"]+)"', text)
    made = {name for name in named if "{{" in name}
    assert set(named) - made == PAGE_ANCHORS
    assert {name.partition("{{")[0] for name in made} - {""} == set(ANCHOR_BEGINNINGS)
    assert [name for name in made if name.startswith("{{")] == ["{{ row.id }}"]


def test_the_line_is_that_of_the_field(slo: Path) -> None:
    text = HEAD + ROW + ROW.replace('"fast"', '"slow"').replace("limit = 200", "limit = nan")
    (fault,) = faults_of(slo, text)
    assert fault.startswith(f"{line_of(text, 'limit = nan')}: objective slow, clause 1")


def test_all_faults_are_told_at_once_in_the_order_of_lines(slo: Path) -> None:
    broken = ROW.replace('"<"', '"~"').replace("limit = 200", "limit = nan")
    text = HEAD + broken + ROW.replace('"commit"', '"push"') + ROW
    found = faults_of(slo, text)
    assert len(found) == 5, found  # op, limit, policy, and the id twice more
    lines = [int(fault.partition(":")[0]) for fault in found]
    assert lines == sorted(lines)


def test_an_id_that_stands_twice_names_both_lines(slo: Path) -> None:
    text = HEAD + ROW + ROW
    (fault,) = faults_of(slo, text)
    assert f"the id stands at line {line_of(text, 'id = ')} already" in fault
    assert not fault.startswith(f"{line_of(text, 'id = ')}:")


def test_findings_without_an_instrument_are_refused(slo: Path) -> None:
    text = (
        HEAD
        + ROW.partition("[[objective.requires]]")[0]
        + ('[[objective.requires]]\nkind = "findings"\nlayer = "security"\ntools = ["bandit"]\n')
    )
    (fault,) = faults_of(slo, text)
    assert "no findings are no evidence" in fault


def test_a_promise_without_a_clause_says_who_is_to_show_it(slo: Path) -> None:
    (fault,) = faults_of(slo, HEAD + ROW.partition("[[objective.requires]]")[0])
    assert "shown_by" in fault


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("layers = [", "not TOML"),
        ("", "expected a list of layers"),
        ('layers = ["unit"]\n', "expected [policies.NAME] tables"),
        (HEAD, "expected [[objective]] tables, found none"),
        (HEAD + '[objective]\nid = "x"\n', "expected [[objective]] tables"),
        ("colour = 3\n" + HEAD + ROW, "colour: unknown"),
        ("layers = 3\n" + HEAD.partition("\n")[2] + ROW, "layers: input should be"),
        (HEAD + "[policies]\nnightly = 3\n" + ROW, "policies.nightly: expected a table"),
    ],
)
def test_a_file_of_another_shape_is_refused(text: str, told: str, slo: Path) -> None:
    assert any(told in fault for fault in faults_of(slo, text))


def test_broken_toml_names_its_line(slo: Path) -> None:
    (fault,) = faults_of(slo, HEAD + "id = = 3\n")
    assert fault.startswith("8: not TOML")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_objectives(tmp_path / "slo.toml")


def test_bytes_that_are_no_text_are_refused(slo: Path) -> None:
    slo.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="expected UTF-8"):
        load_objectives(slo)


def test_an_unknown_policy_names_those_that_exist(slo: Path) -> None:
    slo.write_text(HEAD + ROW)
    with pytest.raises(KeyError, match="unknown policy 'nightly': expected one of commit, release"):
        load_objectives(slo).required_by("nightly")


LONG = f"limit = {'1' * 5000}"


@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        ("limit = 200", LONG, "expected integers of at most 64 bits"),
        ("limit = 200", f"limit = 0x{'f' * 5000}", "expected integers of at most 64 bits"),
        ("limit = 200", f"limit = {2**63}", "expected integers of at most 64 bits"),
        ("limit = 200", f"limit = {'[' * 5000}{']' * 5000}", "expected a few levels of tables"),
        ("limit = 200", f"limit = {'{ a = ' * 5000}1{'}' * 5000}", "expected a few levels"),
    ],
    ids=["decimal", "hex", "a-little-too-long", "lists", "tables"],
)
def test_what_no_reader_of_toml_can_hold_is_a_fault_with_its_line(
    good: str, bad: str, told: str, slo: Path
) -> None:
    text = HEAD + ROW.replace(good, bad)
    (fault,) = faults_of(slo, text)
    assert told in fault
    assert fault.startswith(f"{line_of(text, 'limit = ')}: ")


def test_a_key_of_thousands_of_parts_is_a_fault(slo: Path) -> None:
    (fault,) = faults_of(slo, HEAD + ROW.replace("where = {", f"where.{'.'.join('a' * 1500)} = {{"))
    assert "expected a few levels of tables" in fault


def test_a_file_whose_name_no_file_can_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: embedded null byte") as caught:
        load_objectives(tmp_path / "slo\0.toml")
    assert "\0" not in str(caught.value)


# --- policies ----------------------------------------------------------------------------------


def test_a_policy_has_the_name_of_its_header_alone(slo: Path) -> None:
    text = HEAD.replace("includes", 'name = "nightly"\nincludes') + ROW
    (fault,) = faults_of(slo, text)
    assert fault.startswith(f"{line_of(text, 'name = ')}: policies.release, field name: unknown")
    assert "called release" in fault


def test_a_name_hides_no_circle_of_policies(slo: Path) -> None:
    text = HEAD.replace("[policies.release]", 'includes = ["release"]\n[policies.release]')
    found = faults_of(
        slo, text.replace('includes = ["commit"]', 'name = "x"\nincludes = ["commit"]')
    )
    assert sum("includes itself" in fault for fault in found) == 2
    assert any("field name" in fault for fault in found)


def test_a_name_is_told_beside_the_other_faults_of_its_policy(slo: Path) -> None:
    text = HEAD.replace('description = "everything"', 'name = "x"\ndescription = 3') + ROW
    assert [fault.partition(": ")[2][:34] for fault in faults_of(slo, text)] == [
        "policies.release, field name: unkn", "policies.release, field descriptio",
    ]  # fmt: skip


def test_policies_may_include_each_other_to_any_depth(slo: Path) -> None:
    """Each policy includes the two before it, and each has to be followed but once."""
    chain = "".join(
        f'[policies.p{n}]\ndescription = "x"\nincludes = ["p{n - 1}", "p{max(n - 2, 0)}"]\n'
        for n in range(1, 1100)
    )
    slo.write_text(HEAD + '[policies.p0]\ndescription = "x"\nlayers = ["unit"]\n' + chain + ROW)
    assert load_objectives(slo).layers_of("p1099") == ("unit",)


# --- waivers -----------------------------------------------------------------------------------


@pytest.fixture
def waivers(tmp_path: Path) -> Path:
    return tmp_path / "waivers.toml"


def test_a_right_waiver_is_read(waivers: Path) -> None:
    waivers.write_text(WAIVER)
    (waiver,) = load_waivers(waivers)
    assert (waiver.kind, waiver.target, waiver.expires) == ("objective", "fast", date(2026, 3, 1))


def test_no_waivers_are_no_fault(waivers: Path) -> None:
    waivers.write_text("# none\n")
    assert load_waivers(waivers) == ()


@pytest.mark.parametrize("field", ["scope", "owner", "reason", "granted", "expires"])
def test_every_field_of_a_waiver_is_required(field: str, waivers: Path) -> None:
    text = "".join(
        line for line in WAIVER.splitlines(keepends=True) if not line.startswith(f"{field} ")
    )
    assert any(f"field {field}: missing" in fault for fault in faults_of(waivers, text))


@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        ("2026-03-01", "2026-07-01", "expected a day from 2026-01-01 (granted) to 2026-06-30"),
        ("2026-03-01", "2025-12-31", "expected a day from 2026-01-01"),
        ("2026-03-01", '"2026-03-01"', "field expires: input should be a valid date"),
        ("objective:fast", "everything", "field scope: string should match pattern"),
        ("objective:fast", "layer:load", "field scope: string should match pattern"),
        ("eve@example.org", "", "field owner: string should have at least 1 character"),
        ("owner =", "owners =", "field owners: unknown field"),
        ("2026-01-01", "9999-12-01", "expected a day from 9999-12-01 (granted) to 9999-12-31"),
        ('"eve@example.org"', f"0x{'f' * 5000}", "expected integers of at most 64 bits"),
    ],
)
def test_a_faulty_waiver_is_refused(good: str, bad: str, told: str, waivers: Path) -> None:
    assert any(told in fault for fault in faults_of(waivers, WAIVER.replace(good, bad, 1)))


def test_a_waiver_may_last_180_days_and_no_day_more(waivers: Path) -> None:
    waivers.write_text(WAIVER.replace("2026-03-01", "2026-06-30"))
    assert load_waivers(waivers)[0].expires == date(2026, 6, 30)


def test_the_faults_of_all_waivers_are_told_at_once(waivers: Path) -> None:
    text = WAIVER.replace("owner", "oner") + WAIVER.replace("objective:fast", "x")
    assert len(faults_of(waivers, text)) == 3


# --- sets of instruments -----------------------------------------------------------------------

SET = """
[[instruments.generator]]
layer = "load"
name = "lag_ms"
of = "value"
op = "<="
limit = 50
unit = "ms"
[[instruments.generator]]
layer = "load"
name = "finished"
"""
MEASURED = ROW.replace(
    "[[objective.requires]]", 'measured_with = ["generator"]\n[[objective.requires]]'
)


def test_an_objective_is_judged_by_the_instruments_it_is_measured_with(slo: Path) -> None:
    slo.write_text(HEAD + SET + MEASURED)
    (objective,) = load_objectives(slo).objectives
    assert [clause.names for clause in objective.requires] == [
        ("latency_ms",), ("lag_ms",), ("finished",),
    ]  # fmt: skip
    assert [clause.kind for clause in objective.requires[1:]] == ["instrument"] * 2


def test_instruments_of_a_set_let_findings_be_evidence(slo: Path) -> None:
    findings = 'kind = "findings"\nlayer = "load"\ntools = ["bandit"]\n'
    slo.write_text(HEAD + SET + MEASURED.partition('kind = "')[0] + findings)
    assert len(load_objectives(slo).objectives[0].requires) == 3


@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        ('["generator"]', '["generatr"]',
         "field measured_with: expected one of the sets generator, found generatr"),
        ('["generator"]', '["generator", "generator"]', "expected each set once, found generator"),
        ('measured_with = ["generator"]\n', "",
         'instruments.generator: no objective says measured_with = ["generator"]'),
        ('["generator"]', '"generator"', "field measured_with: input should be a valid tuple"),
        ('["generator"]', "[{ a = 1 }]", "field measured_with: input should be a valid string"),
        ("limit = 50", "limit = nan", "instruments.generator, clause 1, field limit: input should"),
        ('name = "finished"', 'name = "finished"\nlimit = 90',
         "clause 2, field limit: expected a share from 0 to 1, found 90"),
        ('name = "finished"', "", "instruments.generator, clause 2, field name: missing"),
        ('name = "finished"', 'metric = "finished"', "clause 2, field metric: unknown field"),
        ('layer = "load"\nname = "finished"', 'layer = "lod"\nname = "finished"',
         "clause 2, field layer: expected one of the layers unit, security, load, found lod"),
        ('name = "finished"', 'name = "lag_ms"\nof = "value"',
         "clause 2, field name: lag_ms of layer load stands in the set already"),
        ('[[instruments.generator]]\nlayer = "load"\nname = "finished"', "[instruments.other]",
         "instruments.other: expected [[instruments.other]] tables"),
    ],
)  # fmt: skip
def test_a_fault_of_a_set_names_its_line_and_what_was_expected(
    good: str, bad: str, told: str, slo: Path
) -> None:
    text = HEAD + SET + MEASURED
    assert good in text
    found = faults_of(slo, text.replace(good, bad, 1))
    assert any(told in fault for fault in found), found
    assert all(fault[0].isdigit() for fault in found), found


def test_faults_of_sets_and_objectives_are_told_at_once(slo: Path) -> None:
    text = HEAD + SET.replace("limit = 50", "limit = nan") + ROW.replace('"<"', '"~"')
    assert len(faults_of(slo, text)) == 3  # the limit, the set that nobody uses, the operator


def test_instruments_alone_are_no_evidence(slo: Path) -> None:
    text = HEAD + SET + MEASURED.partition("[[objective.requires]]")[0] + 'shown_by = ["load"]\n'
    (fault,) = faults_of(slo, text)
    assert "sound instruments alone show nothing" in fault


def test_instruments_that_are_no_tables_are_refused(slo: Path) -> None:
    (fault,) = faults_of(slo, "instruments = 3\n" + HEAD + ROW)
    assert fault.startswith("1: instruments: expected [[instruments.NAME]] tables")
