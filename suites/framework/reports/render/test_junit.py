from __future__ import annotations

from xml.etree import ElementTree as Xml

from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from reports.render.junit import JunitRenderer, said
from suites.framework.reports.render.pages import bad_view, good_view, view
from suites.framework.reports.runs import good_layers, objective, objectives, small


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


@given(text=st.text(min_size=1))
def test_whatever_a_test_says_the_file_is_xml(text: str) -> None:
    parsed(JunitRenderer().render(bad_view(text)))


def test_what_xml_cannot_say_is_replaced() -> None:
    assert said("a\x00b\x1b[31m\ud800\ufffe\tc\n") == "a\ufffdb\ufffd[31m\ufffd\ufffd\tc\n"
