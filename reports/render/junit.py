"""junit.xml: the objectives as one suite, and the tests of every layer as suites of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as Xml

from reports.evidence import Check, LayerEvidence
from reports.render.interface import Renderer
from reports.render.view import ObjectiveRow, View

# What XML 1.0 has no way to say: control characters, lone surrogates, the two non-characters.
_UNSAYABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CHECK_TAGS = {"failed": "failure", "flaky": "failure", "error": "error", "skipped": "skipped"}


class JunitRenderer(Renderer):
    """Missed is a failure, unknown an error, and what the policy does not require is skipped."""

    name = "junit"
    filename = "junit.xml"

    def render(self, view: View) -> str:
        """The whole document."""
        root = Xml.Element("testsuites", name=f"touchline {view.release}")
        rows = (*view.required, *view.suites, *view.optional)
        suite = _suite(root, f"objectives.{view.policy}", [_objective(row) for row in rows])
        suite.set("time", "0")
        for layer in view.evidence:
            _layer(root, layer)
        for total in ("tests", "failures", "errors", "skipped"):
            root.set(total, str(sum(int(suite.get(total, "0")) for suite in root)))
        Xml.indent(root)
        text = Xml.tostring(root, encoding="unicode")
        return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _suite(root: Xml.Element, name: str, cases: Sequence[Xml.Element]) -> Xml.Element:
    suite = Xml.SubElement(root, "testsuite", name=name, tests=str(len(cases)))
    for total, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(total, str(sum(case.find(tag) is not None for case in cases)))
    suite.extend(cases)
    return suite


def _objective(row: ObjectiveRow) -> Xml.Element:
    case = Xml.Element("testcase", classname="objectives", name=said(row.id), time="0")
    why = said(row.why)
    if row.state in ("met", "waived"):
        pass
    elif not row.required:
        Xml.SubElement(case, "skipped", message=f"not required by this policy: {why}")
    elif row.state == "missed":
        Xml.SubElement(case, "failure", message=why, type=row.state).text = said(row.todo)
    else:
        Xml.SubElement(case, "error", message=why, type=row.state).text = said(row.todo)
    lines = [f"{row.state}: {row.promise} ({row.target})", *_numbers(row)]
    Xml.SubElement(case, "system-out").text = said("\n".join(lines))
    return case


def _numbers(row: ObjectiveRow) -> Iterable[str]:
    for item in row.readings:
        yield (
            f"{item.state}: {item.subject} {item.value}, limit {item.limit}, n {item.samples}, "
            f"interval {item.interval}, {item.evidence}"
        )


def _layer(root: Xml.Element, layer: LayerEvidence) -> None:
    checks = [record for record in layer.records if isinstance(record, Check)]
    suite = _suite(root, said(layer.layer), [_check(check) for check in checks])
    suite.set("time", f"{sum(check.seconds for check in checks):.3f}")


def _check(check: Check) -> Xml.Element:
    path, _, name = check.id.partition("::")
    case = Xml.Element(
        "testcase",
        classname=said(path.removesuffix(".py").replace("/", ".")),
        name=said(name or path),
        time=f"{check.seconds:.3f}",
    )
    tag = _CHECK_TAGS.get(check.outcome)
    if tag:
        trouble = Xml.SubElement(case, tag, message=said(check.message), type=check.outcome)
        trouble.text = said("\n".join(part for part in (check.detail, check.repeat) if part))
    return case


def said(text: str) -> str:
    """The text without what XML cannot say."""
    return _UNSAYABLE.sub("\ufffd", text)
