"""What is wrong with a service or with journeys is said in a line, and costs no evidence."""

from __future__ import annotations

import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from reports.evidence import Finding, Instrument, Measurement, decode
from scenarios import shapes
from scenarios.__main__ import main
from scenarios.preflight import must_answer
from scenarios.words import EVIDENCE
from suites.framework.scenarios.commands import ROOT
from suites.framework.scenarios.journeys_for_tests import strays
from suites.framework.scenarios.loopback import serving
from suites.framework.scenarios.test_generator import HERE, play, reasons

TARGET = """
name = "Somebody's shop"
base_url = "{url}"
ready = "/ready"
[load]
journeys = "{journeys}"
[identities.visitor]
"""


def order(url: str, journeys: str, folder: Path) -> list[str]:
    target = folder / "their.toml"
    target.write_text(TARGET.format(url=url, journeys=journeys))
    return ["run", "--target", str(target), "--profile", "smoke", "--rate", "20",
            "--duration", "1s", "--out", str(folder / "out")]  # fmt: skip


@pytest.mark.parametrize(
    ("journeys", "said"),
    [
        (
            f"{HERE}.html",
            "journey html: nothing of it was answered as it expects (GET /page: status 200 with "
            "text/html, expected JSON, 20 times). Is this the service that it was written for?",
        ),
        (
            f"{HERE}.moved",
            "journey moved: nothing of it was answered as it expects "
            "(GET /moved: status 302, expected 200, 20 times). Is this",
        ),
        (
            f"{HERE}.raises",
            "journey raises: RuntimeError: the journey itself is faulty, 20 times: "
            "the journey is at fault, not the service. Mend it.",
        ),
    ],
)
def test_a_service_or_a_journey_that_is_the_wrong_one_is_said_in_a_line_and_nothing_is_lost(
    journeys: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving() as server:
        assert main([*order(server.url, journeys, tmp_path), "--seed", "4"]) == 2
        sent = server.answered
    error = capsys.readouterr().err
    count = error.partition(" times")[0].rpartition(" ")[2]
    assert said.replace("20 times", f"{count} times") in error
    assert error.count("\n") == 1
    records = [decode(line) for line in (tmp_path / "out" / EVIDENCE).read_text().splitlines()]
    instruments = {item.name: item for item in records if isinstance(item, Instrument)}
    # a journey that raises is counted from the beginning, also before the measured part
    assert int(count) >= instruments["arrivals_served"].value > 0
    assert sent >= int(count)
    faults = [item for item in records if isinstance(item, Finding)]
    errors = instruments["generator_errors"].value
    assert bool(faults) != bool(errors), "each is either the service's fault or the journey's"


def test_a_service_that_hangs_up_in_the_middle_of_its_answers_is_said_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving() as server:
        arguments = ["run", "--url", server.url, "--path", "/half", "--out", str(tmp_path)]
        assert main([*arguments, "--duration", "2s"]) == 2
    error = capsys.readouterr().err
    assert "journey GET /half: nothing of it was answered as it expects" in error
    assert "GET /half: status 200, answer cut off in the middle, " in error
    records = [decode(line) for line in (tmp_path / EVIDENCE).read_text().splitlines()]
    (ratio,) = {item.value for item in records if isinstance(item, Measurement)
                and item.metric == "http_error_ratio"}  # fmt: skip
    assert ratio == 1


@pytest.mark.parametrize(
    ("name", "said"), [("falls", "RuntimeError: on purpose"), ("leaves", "SystemExit: 0")]
)
def test_journeys_that_fail_when_they_are_read_are_named(
    name: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(order("http://127.0.0.1:1", f"{HERE}.{name}", tmp_path)) == 2
    error = capsys.readouterr().err
    assert error == f"journeys: {HERE}.{name} cannot be used: {said}\n"
    assert not (tmp_path / "out").exists()


def test_a_journey_that_ends_python_is_at_fault_and_the_generator_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving() as server:
        assert main(order(server.url, f"{HERE}.quits", tmp_path)) == 2
    error = capsys.readouterr().err
    assert error.startswith("journey quits: SystemExit: enough, ")
    assert error.endswith(" times: the journey is at fault, not the service. Mend it.\n")
    assert (tmp_path / "out" / EVIDENCE).exists()


def test_a_log_in_that_ends_python_is_at_fault_before_the_load(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log_in = '[identities.player]\nusername = "a"\npassword = "b"\n[identities.player.log_in]\n'
    with serving() as server:
        arguments = order(server.url, f"{HERE}.shuts_the_door", tmp_path)
        with (tmp_path / "their.toml").open("a") as file:
            file.write(f'{log_in}path = "/in"\ntoken = "/token"\nbody = {{}}\n')
        assert main(arguments) == 2
        assert server.answered == 0
    error = capsys.readouterr().err
    assert error == (
        "journey log_in: SystemExit: closed: the journey is at fault, not the service. Mend it.\n"
    )


def test_a_journey_that_strays_to_another_host_is_at_fault_and_nothing_is_sent_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as server, serving() as elsewhere:
        monkeypatch.setenv(strays.ELSEWHERE, elsewhere.url)
        assert main(order(server.url, f"{HERE}.strays", tmp_path)) == 2
        assert elsewhere.answered == 0
        said = f"expected a path that starts with / (one, no blanks), found '{elsewhere.url}/ok'"
    error = capsys.readouterr().err
    assert error.startswith(f"journey strays: AddressError: {said}, ")
    assert "the journey is at fault, not the service" in error


@pytest.mark.parametrize("more", [("--rate", "0.01", "--warm-up", "0", "--seed", "3"), ()])
def test_a_run_without_a_single_answer_is_no_pass(
    more: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journeys = f"{HERE}.two_steps" if more else f"{HERE}.asks_nothing"
    with serving() as server:
        assert main([*order(server.url, journeys, tmp_path), *more]) == 2
    error = capsys.readouterr().err
    assert error.startswith("no request was answered in the 1.0 s that were measured, and ")
    assert "Measure longer (--duration) or at a higher --rate" in error
    assert error.count("\n") == 2


def test_a_proxy_of_the_environment_is_asked_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as server, serving() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        must_answer(f"{server.url}/ok")
        assert (server.answered, proxy.answered) == (1, 0)


# --- certificates ------------------------------------------------------------------------------


def certified(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate for `name`, and the file of whoever signed it."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=test", "-addext", f"subjectAltName={name}",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate


@pytest.fixture
def wrong_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Served from loopback with a certificate for another host, of an authority that is known."""
    context, certificate = certified(tmp_path, "DNS:shop.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return context


def test_a_certificate_of_another_name_is_refused_before_the_load(
    wrong_name: ssl.SSLContext, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(tls=wrong_name) as server:
        assert main(["run", "--url", server.url, "--out", str(tmp_path / "out")]) == 2
        assert server.answered == 0
    error = capsys.readouterr().err
    assert f"{server.url}/ cannot be trusted: " in error
    assert "certificate is not valid for '127.0.0.1'" in error
    assert "Name the host that its certificate is for" in error
    assert error.count("\n") == 2
    assert not (tmp_path / "out").exists()


def test_a_generator_sends_nothing_to_a_service_of_another_name(
    wrong_name: ssl.SSLContext,
) -> None:
    with serving(tls=wrong_name) as server:
        run = play(server, shapes.constant(10, 1))
        assert server.answered == 0
    assert reasons(run) == {"GET /ok: no answer: SSLCertVerificationError": 10}


def test_a_service_with_a_certificate_of_its_name_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, certificate = certified(tmp_path, "IP:127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(tls=context) as server:
        arguments = ["run", "--url", server.url, "--out", str(tmp_path / "out")]
        assert main([*arguments, "--duration", "1s"]) == 0


def test_what_is_refused_is_refused_before_locust_is_loaded() -> None:
    heavy = "{'locust', 'gevent', 'numpy', 'scipy', 'psycopg', 'redis'}"
    code = f"import sys, scenarios.__main__; print({heavy} & sys.modules.keys())"
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (said.stdout, said.stderr) == ("set()\n", "")
