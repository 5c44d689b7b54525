"""junit.xml: the objectives as one suite, and the tests of every layer as suites of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reports.evidence import Check
from reports.render.interface import Renderer
from reports.render.unbelieved import TEST, Unbelieved, unbelieved
from reports.render.view import ObjectiveRow, View

# What XML 1.0 has no way to say: control characters, lone surrogates, the two non-characters.
_UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Most words of most runs need no care at all, which costs less to see than to take.
_CAREFREE = re.compile(r"[ !#-%'-;=?-~]*")
_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# A parser makes blanks of line ends and tabs in attributes, unless they are written by number.
_ATTRIBUTE = {**_TEXT, **str.maketrans({'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})}
_CHECK_TAGS = {"failed": "failure", "flaky": "failure", "error": "error", "skipped": "skipped"}
_TOTALS = {"failures": "failure", "errors": "error", "skipped": "skipped"}


class _Case(NamedTuple):
    """One `testcase`; `tag` names the element that says what is amiss, if anything is."""

    classname: str
    name: str
    time: str
    tag: str = ""
    message: str = ""
    kind: str = ""
    text: str = ""
    out: str = ""


@dataclass(frozen=True)
class _Suite:
    name: str
    time: str
    cases: Sequence[_Case]

    def total(self, tag: str) -> int:
        return sum(case.tag == tag for case in self.cases)


class JunitRenderer(Renderer):
    """Missed is a failure, unknown an error, and what the policy does not require is skipped.

    Evidence that is not believed is a case of its own, beside the tests that it tells of.
    """

    name = "junit"
    filename = "junit.xml"

    def render(self, view: View) -> str:
        """The whole document."""
        rows = (*view.required, *view.suites, *view.optional)
        objectives = _Suite(f"objectives.{view.policy}", "0", [_objective(row) for row in rows])
        suites = [objectives, *_layers(view)]
        return "\n".join(_document(f"touchline {view.release}", suites)) + "\n"


def _document(name: str, suites: Sequence[_Suite]) -> Iterator[str]:
    """Line by line: a tree of ten thousand elements takes three times as long to write."""
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield f"<testsuites{_attributes(name=name, **_counts(suites))}>"
    for suite in suites:
        words = _attributes(name=suite.name, **_counts([suite]), time=suite.time)
        yield f"  <testsuite{words}>"
        for case in suite.cases:
            yield from _case(case)
        yield "  </testsuite>"
    yield "</testsuites>"


def _counts(suites: Sequence[_Suite]) -> dict[str, str]:
    found = {"tests": sum(len(suite.cases) for suite in suites)}
    found |= {total: sum(suite.total(tag) for suite in suites) for total, tag in _TOTALS.items()}
    return {total: str(amount) for total, amount in found.items()}


def _case(case: _Case) -> Iterator[str]:
    words = _attributes(classname=case.classname, name=case.name, time=case.time)
    if not case.tag and not case.out:
        yield f"    <testcase{words} />"
        return
    yield f"    <testcase{words}>"
    if case.tag:
        kind = {"type": case.kind} if case.kind else {}
        words = _attributes(message=case.message, **kind)
        yield f"      <{case.tag}{words}>{said(case.text).translate(_TEXT)}</{case.tag}>"
    if case.out:
        yield f"      <system-out>{said(case.out).translate(_TEXT)}</system-out>"
    yield "    </testcase>"


def _attributes(**words: str) -> str:
    return "".join([f' {name}="{_attribute(word)}"' for name, word in words.items()])


def _attribute(word: str) -> str:
    return word if _CAREFREE.fullmatch(word) else said(word).translate(_ATTRIBUTE)


def _objective(row: ObjectiveRow) -> _Case:
    tag, message = "", row.why
    kind: str = row.state
    if row.state in ("met", "waived"):
        pass
    elif not row.required:
        tag, message, kind = "skipped", f"not required by this policy: {row.why}", ""
    else:
        tag = "failure" if row.state == "missed" else "error"
    lines = [f"{row.state}: {row.promise} ({row.target})", *_numbers(row)]
    text = row.todo if kind else ""
    return _Case("objectives", row.id, "0", tag, message, kind, text, "\n".join(lines))


def _numbers(row: ObjectiveRow) -> Iterable[str]:
    for item in row.readings:
        yield (
            f"{item.state}: {item.subject} {item.value}, limit {item.limit}, n {item.samples}, "
            f"interval {item.interval}, {item.evidence}"
        )


def _layers(view: View) -> Iterator[_Suite]:
    doubted = {item.layer: item for item in unbelieved(view)}
    found = {
        layer.layer: [record for record in layer.records if isinstance(record, Check)]
        for layer in view.evidence
    }
    for name in dict.fromkeys((*found, *doubted)):
        checks = found.get(name, [])
        seconds = sum(check.seconds for check in checks)
        cases = [_doubt(doubted[name])] if name in doubted else []
        yield _Suite(name, f"{seconds:.3f}", [*cases, *map(_check, checks)])


def _doubt(item: Unbelieved) -> _Case:
    tag = "error" if item.required else "skipped"
    return _Case(item.layer, TEST, "0", tag, item.why, "unusable")


def _check(check: Check) -> _Case:
    path, _, name = check.id.partition("::")
    classname, time = path.removesuffix(".py").replace("/", "."), f"{check.seconds:.3f}"
    tag = _CHECK_TAGS.get(check.outcome)
    if tag is None:
        return _Case(classname, name or path, time)
    text = "\n".join(part for part in (check.detail, check.repeat) if part)
    return _Case(classname, name or path, time, tag, check.message, check.outcome, text)


def said(text: str) -> str:
    """The text without what XML cannot say."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSAYABLE.sub("\ufffd", text)
