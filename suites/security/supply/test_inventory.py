"""What the release is made of, and what of it nobody asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fixtures.evidence import Evidence
from reports.evidence import Finding
from suites.security import tree
from suites.security.supply import inventory, lock
from suites.security.supply.inventory import BOM, InventoryError
from suites.security.supply.lock import Package, installed_packages

pytestmark = pytest.mark.objective("sec-inventory")

PROJECT = '[project]\nname = "p"\nversion = "1"\ndependencies = ["packaging", "jinja2"]\n'


def test_the_bill_of_materials_holds_every_installed_package(evidence: Evidence) -> None:
    bom = inventory.bill_of_materials(tree.ROOT / "pyproject.toml")
    installed = installed_packages()
    left_out = sorted(set(installed) - set(bom.packages))
    evidence.attach(bom.text, BOM)
    evidence.instrument(
        "packages_in_bill_of_materials",
        len(installed) - len(left_out),
        total=len(installed),
        missing=map(str, left_out),
        unit="packages",
        detail=f"{BOM} sha256:{bom.sha256}",
        sha256=bom.sha256,
    )
    evidence.instrument(
        "packages_with_licence",
        len(bom.packages) - len(bom.unlicensed),
        total=len(bom.packages),
        missing=map(str, bom.unlicensed),
        unit="packages",
    )
    for finding in inventory.copyleft(bom, lock.read(tree.ROOT / "uv.lock").shipped):
        evidence.record(finding)
    assert json.loads(bom.text)["bomFormat"] == "CycloneDX"
    assert {"fastapi", "pytest"} <= {package.name for package in bom.packages}


def test_imports_and_pins_agree(evidence: Evidence, tmp_path: Path) -> None:
    for finding in inventory.import_gaps(tree.ROOT):
        evidence.record(finding)
    canaries = {finding.rule for finding in planted(tmp_path)}
    evidence.instrument(
        "import_gaps_seen",
        len(canaries & {"DEP001", "DEP002"}),
        total=2,
        missing={"DEP001", "DEP002"} - canaries,
        unit="planted gaps",
    )


def planted(folder: Path) -> tuple[Finding, ...]:
    """A project that imports what it does not name, and names what it does not import."""
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "sut").mkdir()
    (folder / "sut" / "main.py").write_text("import packaging\nimport numpy_of_nobody\n")
    return inventory.import_gaps(folder)


def test_gaps_between_imports_and_pins_are_found(tmp_path: Path) -> None:
    found = {(one.rule, one.severity, one.path) for one in planted(tmp_path)}
    assert found == {
        ("DEP001", "medium", "sut/main.py"),
        ("DEP002", "low", "pyproject.toml"),
    }


@pytest.mark.parametrize("content", [b"import numpy_of_nobody\ndef (:\n", b"\xff\xfe\x00"])
def test_a_file_that_deptry_cannot_read_is_no_file_without_gaps(
    tmp_path: Path, content: bytes
) -> None:
    planted(tmp_path)
    (tmp_path / "sut" / "broken.py").write_bytes(content)
    with pytest.raises(InventoryError, match=r"deptry did not read sut.broken\.py: "):
        inventory.import_gaps(tmp_path)


def test_a_tool_that_does_not_run_is_no_inventory(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match="deptry ended with"):
        inventory.import_gaps(tmp_path)
    with pytest.raises(InventoryError, match="cyclonedx_py ended with"):
        inventory.bill_of_materials(tmp_path / "nowhere.toml")


def bom_of(**licences: object) -> inventory.Bom:
    """A document of the named packages, each in version 1."""
    components = [
        {"bom-ref": name, "name": name, "version": "1", "licenses": said}
        for name, said in licences.items()
    ]
    return inventory.read(json.dumps({"components": components}))


@pytest.mark.parametrize(
    ("said", "strong"),
    [
        ({"license": {"id": "GPL-3.0-only"}}, True),
        ({"license": {"id": "AGPL-3.0-or-later"}}, True),
        ({"expression": "MIT AND GPL-2.0-only"}, True),
        ({"expression": "MIT OR GPL-2.0-only"}, False),
        ({"expression": "(MIT OR GPL-2.0-only) AND GPL-3.0-only"}, True),
        ({"expression": "MIT AND (Apache-2.0 OR GPL-3.0-only)"}, False),
        ({"expression": "GPL-2.0-only OR MIT AND GPL-3.0-only"}, True),
        ({"license": {"name": "gplv3"}}, True),
        ({"license": {"name": "GNU General Public License v3 or later"}}, True),
        ({"license": {"name": "GNU AFFERO GENERAL PUBLIC LICENSE"}}, True),
        (
            {
                "license": {
                    "name": "License :: OSI Approved :: GNU Affero General Public License v3"
                }
            },
            True,
        ),
        ({"license": {"name": "European Union Public Licence 1.2"}}, True),
        ({"license": {"name": "Server Side Public License"}}, True),
        ({"license": {"name": "GNU Library or Lesser General Public License (LGPL)"}}, False),
        ({"license": {"name": "GNU  Lesser General  Public License v3"}}, False),
        ({"license": {"id": "LGPL-3.0-only"}}, False),
        ({"license": {"id": "MPL-2.0"}}, False),
        ({"license": {"name": "License :: OSI Approved :: BSD License"}}, False),
    ],
)
def test_a_licence_that_asks_the_same_of_the_service_is_a_finding(
    said: dict[str, object], strong: bool
) -> None:
    bom = bom_of(thing=[said])
    assert bool(inventory.copyleft(bom, bom.packages)) is strong
    assert bom.unlicensed == ()
    assert inventory.copyleft(bom, ()) == ()


@pytest.mark.parametrize("said", ["License :: OSI Approved", "UNKNOWN", ""])
def test_a_licence_that_says_nothing_is_none(said: str) -> None:
    nothing = {"license": {"name": said}}
    bom = bom_of(quiet=[nothing], loud=[nothing, {"license": {"id": "GPL-3.0-only"}}])
    assert bom.unlicensed == (Package("quiet", "1"),)
    assert [one.message[:6] for one in inventory.copyleft(bom, bom.packages)] == ["loud 1"]


def test_a_licence_counts_whichever_version_is_locked() -> None:
    bom = bom_of(thing=[{"license": {"id": "GPL-3.0-only"}}])
    assert len(inventory.copyleft(bom, [Package("thing", "2")])) == 1


def test_a_package_of_no_licence_is_named() -> None:
    assert bom_of(thing=[]).unlicensed == (Package("thing", "1"),)


@pytest.mark.parametrize(
    ("text", "licences"),
    [
        ("\nMIT License\n\nCopyright", ("MIT License",)),
        ("   GNU General Public License\n", ("GNU General Public License",)),
        ("\n", ()),
        (None, ()),
    ],
)
def test_a_licence_that_a_package_only_ships_counts_by_its_title(
    text: str | None, licences: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "quietly-1.dist-info"
    (folder / "licenses").mkdir(parents=True)
    said = "Metadata-Version: 2.4\nName: quietly\nVersion: 1\nLicense-File: COPYING\n"
    (folder / "METADATA").write_text(said)
    if text is not None:
        (folder / "licenses" / "COPYING").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    bom = bom_of(quietly=[])
    assert bom.licences[Package("quietly", "1")] == licences
    assert bool(bom.unlicensed) is not bool(licences)
    assert bool(inventory.copyleft(bom, bom.packages)) is ("GNU General Public License" in licences)


def test_the_service_ships_what_it_needs_and_none_of_the_tools() -> None:
    names = {package.name for package in lock.read(tree.ROOT / "uv.lock").shipped}
    assert {"fastapi", "starlette", "greenlet"} <= names
    assert not {"pytest", "bandit", "mypy"} & names


def test_one_environment_has_one_digest() -> None:
    assert bom_of(a=[]).sha256 == bom_of(a=[]).sha256 != bom_of(b=[]).sha256
