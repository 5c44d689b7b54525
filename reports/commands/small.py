"""The commands beside judging: check, limits, new-run, ran, verify, merge, pin."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from reports import history, producers, spoken, statement
from reports.commands.shared import Refusal, add_configuration, configuration_of, run_folder
from reports.evidence import read_run, sayable
from reports.merge import MergeError, merge
from reports.presence import idle_layers
from reports.saying import inert
from reports.soundness import run_of
from reports.verify import UnreadableError, verify
from reports.wording import count

MOST_FAULTS = 3


def check(words: Sequence[str]) -> int:
    """Check both files before anything runs."""
    parser = argparse.ArgumentParser(
        prog="python -m reports check",
        description="Check slo.toml and waivers.toml before anything runs.",
    )
    add_configuration(parser)
    options = parser.parse_args(words)
    objectives = configuration_of(options).objectives
    required = objectives.required_by(options.policy)
    unknown = producers.unrecorded(required, producers.vocabularies(options.root))
    if unknown:
        raise Refusal("\n".join(f"{options.slo}: {problem}" for problem in unknown))
    print(f"{options.slo}: policy {options.policy} requires {len(required)} objectives of layers "
          f"{', '.join(objectives.layers_of(options.policy))}")  # fmt: skip
    return 0


def new_run(words: Sequence[str]) -> int:
    """Name a folder for a new run."""
    parser = argparse.ArgumentParser(
        prog="python -m reports new-run", description="Name a folder for a new run."
    )
    parser.add_argument("--label", default="run")
    options = parser.parse_args(words)
    print(Path("out", f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{options.label}"))
    return 0


def limits(words: Sequence[str]) -> int:
    """Print the limits by which a run of a layer can be steered."""
    parser = argparse.ArgumentParser(
        prog="python -m reports limits",
        description="Print the limits by which a run of a layer can be steered, in words.",
    )
    parser.add_argument("layer")
    add_configuration(parser)
    options = parser.parse_args(words)
    objectives = configuration_of(options).objectives
    found = spoken.limits(objectives, options.policy, options.layer)
    if not found:
        raise Refusal(
            f"{options.slo}: policy {options.policy} sets no limit by which a run of layer "
            f"{options.layer} can be steered"
        )
    print(",".join(found))
    return 0


def ran(words: Sequence[str]) -> int:
    """Refuse a run in which one of the layers ran no test."""
    parser = argparse.ArgumentParser(
        prog="python -m reports ran", description="Fail when one of the layers ran no test."
    )
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("layers", nargs="+", metavar="layer")
    options = parser.parse_args(words)
    idle = idle_layers(read_run(run_folder(options.run_dir)), options.layers)
    if idle:
        told = map(inert, idle)
        raise Refusal("\n".join([*told, "run these layers alone to see why: nox -s LAYER"]))
    return 0


def verify_run(words: Sequence[str]) -> int:
    """0 where nothing was changed since the run was judged, 1 where something was."""
    parser = argparse.ArgumentParser(
        prog="python -m reports verify",
        description="Hold a run's folder against its statement, without a network.",
        epilog="exit 0: nothing was changed, 1: something was, 2: it cannot be told",
    )
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("--key", type=Path, metavar="PUBLIC.pem", help="who must have signed")
    parser.add_argument("--root", type=Path, default=Path(), help="where uv.lock lies")
    options = parser.parse_args(words)
    try:
        found = verify(run_folder(options.run_dir), options.root, options.key)
    except UnreadableError as error:
        raise Refusal(f"{error}\njudge the run to make a statement: nox -s report") from None
    except statement.KeyFileError as error:
        raise Refusal(str(error)) from None
    for item in found:
        print(inert(str(item)))
    faults = sum(item.fault for item in found)
    print(f"{faults} of these are faults" if faults else "nothing was changed since it was judged")
    return 1 if faults else 0


def merge_runs(words: Sequence[str]) -> int:
    """Join the evidence of several folders."""
    parser = argparse.ArgumentParser(
        prog="python -m reports merge",
        description="Join the evidence of several machines or shards into the folder of one run.",
    )
    parser.add_argument("target", type=Path, help="a new folder, such as out/merged")
    parser.add_argument("sources", type=Path, nargs="+", help="folders of runs")
    options = parser.parse_args(words)
    try:
        merged = merge(options.target, [run_folder(source) for source in options.sources])
    except MergeError as error:
        raise Refusal(f"{inert(str(error))}\nnothing was written") from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise Refusal(
            f"{inert(f'{where}{error.strerror or error}')}\nnothing was written"
        ) from None
    for layer in merged:
        lacking = [*(f"shard {n} of {layer.parts} is missing" for n in layer.missing),
                   *(f"{path} is damaged" for path in layer.damaged)]  # fmt: skip
        print(inert(f"{layer.layer}: {'; '.join(lacking) or count(layer.parts, 'part')}"))
    print(f"judge it: python -m reports {options.target}")
    return 0


def pin(words: Sequence[str]) -> int:
    """Make a run the baseline of later comparisons."""
    parser = argparse.ArgumentParser(
        prog="python -m reports pin",
        description="Compare later runs with this one, beside the last release.",
    )
    parser.add_argument("run_dir", type=Path)
    run_dir = run_folder(parser.parse_args(words).run_dir)
    store = history.store_of(run_dir)
    name = sayable(run_of(read_run(run_dir), run_dir.resolve().name))
    stored = history.read_history(store)
    if stored.of(name) is None:
        told = "\n".join((inert(f"{store}: holds no run {name}"), *stored.faults[:MOST_FAULTS]))
        raise Refusal(f"{told}\njudge it first: python -m reports {run_dir}")
    try:
        history.pin_run(store, name, datetime.now(UTC).isoformat(timespec="seconds"))
    except OSError as error:
        raise Refusal(
            f"{store}: cannot be added to: {error.strerror}\n"
            "nothing was pinned: make the file and its folder writable, and pin the run again"
        ) from None
    print(inert(f"{store}: later runs are compared with {name}"))
    return 0
