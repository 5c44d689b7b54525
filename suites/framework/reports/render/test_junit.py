from __future__ import annotations

from xml.etree import ElementTree as Xml

from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from reports.render.junit import JunitRenderer, said
from suites.framework.reports.render.pages import bad_view, good_view, view
from suites.framework.reports.runs import (
    OTHER_TREE,
    check,
    good_layers,
    instead,
    layer,
    objective,
    objectives,
    small,
)


def parsed(text: str) -> Xml.Element:
    root: Xml.Element = fromstring(text)
    return root


def suite(root: Xml.Element, name: str) -> Xml.Element:
    return next(item for item in root if item.get("name") == name)


def test_objectives_are_a_suite_and_layers_are_others() -> None:
    root = parsed(JunitRenderer().render(good_view()))
    assert [item.get("name") for item in root] == [
        "objectives.commit", "unit", "security", "load"
    ]  # fmt: skip
    names = {case.get("name") for case in suite(root, "objectives.commit")}
    assert names == {"fast", "clean", "right", "unit-suite", "security-suite", "load-suite"}


def test_a_good_run_has_no_failure() -> None:
    root = parsed(JunitRenderer().render(good_view()))
    assert (root.get("failures"), root.get("errors"), root.get("skipped")) == ("0", "0", "0")


def test_missed_is_a_failure_unknown_an_error_and_not_required_is_skipped() -> None:
    rows = objectives(*small().objectives, objective("later", policy="release"))
    tags = {
        case.get("name"): next(child.tag for child in case)
        for case in suite(parsed(JunitRenderer().render(view([], rows))), "objectives.commit")
    }
    assert tags["later"] == "skipped"
    assert tags["fast"] == "error"
    bad = suite(parsed(JunitRenderer().render(bad_view())), "unit")
    found = {(case.get("name") or "").partition("::")[2] or case.get("name"): [c.tag for c in case]
             for case in bad}  # fmt: skip
    assert found == {"trouble": ["failure"], "skipped": ["skipped"], "error": ["error"],
                     "flaky": ["failure"]}  # fmt: skip


def test_the_totals_are_those_of_the_cases() -> None:
    root = parsed(JunitRenderer().render(bad_view()))
    for tag, total in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        for item in root:
            assert int(item.get(total, "-1")) == len(item.findall(f"testcase/{tag}"))
        assert int(root.get(total, "-1")) == len(root.findall(f".//{tag}"))
    assert int(root.get("tests", "-1")) == len(root.findall(".//testcase"))


def test_every_test_of_every_layer_is_a_case() -> None:
    root = parsed(JunitRenderer().render(view(good_layers())))
    assert sum(len(suite(root, name)) for name in ("unit", "security", "load")) == 4


def test_a_layer_that_is_not_believed_has_an_error_beside_its_tests() -> None:
    foreign = layer("unit", check("a", "passed", "right"), check("b"), tree=OTHER_TREE)
    root = parsed(JunitRenderer().render(view(instead(good_layers(), foreign))))
    unit = suite(root, "unit")
    assert (unit.get("tests"), unit.get("errors"), unit.get("failures")) == ("3", "1", "0")
    told, *others = unit
    assert (told.get("classname"), told.get("name"), len(others)) == ("unit", "evidence", 2)
    assert "of another tree" in str(told[0].get("message"))


def test_a_required_layer_that_left_nothing_has_an_error_of_its_own() -> None:
    root = parsed(JunitRenderer().render(view(good_layers()[:2])))
    (told,) = suite(root, "load")
    assert (told[0].tag, "left no evidence" in str(told[0].get("message"))) == ("error", True)


def test_a_layer_that_nobody_asked_for_and_nobody_believes_is_skipped() -> None:
    rows = objectives(*small().objectives, layers=("unit", "security"))
    torn = layer("load", check("d"), tree=OTHER_TREE)
    made = view([*instead(good_layers(), torn), layer("soak", check("s"))], rows)
    root = parsed(JunitRenderer().render(made))
    for name, why in (("load", "of another tree"), ("soak", "no layer of that name is known")):
        told = suite(root, name)[0]
        assert (told[0].tag, why in str(told[0].get("message"))) == ("skipped", True)


@given(text=st.text(min_size=1))
def test_whatever_a_test_says_the_file_is_xml(text: str) -> None:
    parsed(JunitRenderer().render(bad_view(text)))


def test_what_xml_cannot_say_is_replaced() -> None:
    assert said("a\x00b\x1b[31m\ud800\ufffe\tc\n") == "a\ufffdb\ufffd[31m\ufffd\ufffd\tc\n"
