"""The command ``lichen``: each subcommand reads its arguments and calls one function."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from lichen.vocab.settings import home

app = typer.Typer(
    name="lichen",
    help="Runs a city's ecological-environment monitoring network, and proves every number it publishes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
hj212_app = typer.Typer(help="The HJ 212 protocol: decode captured bytes, simulate devices.", no_args_is_help=True)
ledger_app = typer.Typer(help="Prove and verify what was sealed.", no_args_is_help=True)
device_app = typer.Typer(help="Talk to connected devices.", no_args_is_help=True)
token_app = typer.Typer(help="Tokens of the API: make, list, revoke.", no_args_is_help=True)
app.add_typer(hj212_app, name="hj212")
app.add_typer(ledger_app, name="ledger")
app.add_typer(device_app, name="device")
app.add_typer(token_app, name="token")

messages = Console(stderr=True, highlight=False)

Port = Annotated[int, typer.Option(help="Port the pages are served on.")]
GatewayPort = Annotated[int, typer.Option(help="Port devices connect to (HJ 212 over TCP).")]
MetricsPort = Annotated[int, typer.Option(help="Port of the gateway's metrics.")]
Host = Annotated[str, typer.Option(help="Address the pages are served on.")]


def _say(line: str) -> None:
    messages.print(line, soft_wrap=True, markup=False)


def _refuse(why: object, code: int = 1) -> typer.Exit:
    _say(f"lichen: {why}")
    return typer.Exit(code)


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=messages)


# ----------------------------------------------------------------------------------------------- the installation


@app.command()
def demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    gateway_port: GatewayPort = 2120,
    metrics_port: MetricsPort = 9120,
    witness_port: Annotated[int, typer.Option(help="Port of the demo's witness.")] = 2130,
    hours: Annotated[float, typer.Option(help="History replayed first. [h]")] = 48.0,
    speed: Annotated[
        float,
        typer.Option(help="1: history as fast as it is answered; above 1: shown passing by so many times faster."),
    ] = 1.0,
) -> None:
    """Start everything and replay recorded official values through simulated devices over TCP.

    Data and keys go to LICHEN_HOME (default ./var). Ctrl-C stops every process.
    """
    from lichen import installation
    from lichen.demo.network import demo_snapshot
    from lichen.demo.points import parties
    from lichen.demo.seed import demo_seed
    from lichen.supervisor import Child
    from lichen.web import manage

    addresses = installation.Addresses(host, port, "127.0.0.1", gateway_port, metrics_port)
    logs = home().root / "logs"
    witness = Child(
        "witness", installation.command("ledger", "witness", "--port", str(witness_port)), logs / "witness.log"
    )
    replay = ("replay", "--port", str(gateway_port), "--hours", str(hours), "--speed", str(speed))
    devices = Child("devices", installation.command(*replay), logs / "devices.log")

    def before() -> None:
        manage.migrate()
        manage.load_demo(demo_snapshot(demo_seed(home())), _say, [manage.Party(**asdict(one)) for one in parties()])
        installation.name_witness(witness_port)

    _run_installation(addresses, before, (witness, devices))


@app.command()
def up(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    gateway_host: Annotated[str, typer.Option(help="Address devices connect to.")] = "0.0.0.0",
    gateway_port: GatewayPort = 2120,
    metrics_port: MetricsPort = 9120,
) -> None:
    """Start the engines, the gateway, the worker and the web; nothing is replayed."""
    from lichen import installation
    from lichen.web import manage

    addresses = installation.Addresses(host, port, gateway_host, gateway_port, metrics_port)
    _run_installation(addresses, manage.migrate, ())


def _run_installation(addresses: Any, before: Callable[[], None], children: Sequence[Any]) -> None:
    from django.core.exceptions import ImproperlyConfigured

    from lichen import installation
    from lichen.stream.errors import StreamError
    from lichen.supervisor import CannotStart
    from lichen.web.postgres import PostgresError

    try:
        code = installation.run(addresses, _say, before=before, children=children)
    except (installation.PortTaken, CannotStart, StreamError, PostgresError, ImproperlyConfigured) as refused:
        raise _refuse(refused) from None
    raise typer.Exit(code)


@app.command()
def serve(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Seal, compute and show, in one process; the stream must be running (lichen up and lichen demo see to it)."""
    from django.core.exceptions import ImproperlyConfigured

    from lichen.ledger.errors import LedgerError
    from lichen.store.errors import StoreError
    from lichen.web.postgres import PostgresError
    from lichen.web.serve import serve as run

    try:
        raise typer.Exit(run(host, port))
    except (LedgerError, StoreError, PostgresError, ImproperlyConfigured) as refused:
        raise _refuse(refused) from None


@app.command()
def gateway() -> None:
    """Take HJ 212 over TCP; settings are LICHEN_GATEWAY_... variables."""
    from lichen.gateway.errors import GatewayError
    from lichen.gateway.server import run
    from lichen.stream.errors import StreamError

    try:
        raise typer.Exit(run())
    except (GatewayError, StreamError) as refused:
        raise _refuse(refused) from None


@app.command()
def stream() -> None:
    """Run the embedded stream server alone, until Ctrl-C."""
    import signal
    import threading

    from lichen.stream.embedded import NatsServer
    from lichen.stream.errors import StreamError

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        with NatsServer(home().stream):
            _say(f"stream: up, data in {home().stream} (Ctrl-C stops it)")
            stop.wait()
    except StreamError as refused:
        raise _refuse(refused) from None


@app.command(hidden=True)
def replay(
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option()] = 2120,
    hours: Annotated[float, typer.Option()] = 48.0,
    speed: Annotated[float, typer.Option()] = 1.0,
) -> None:
    """The devices of the demo: history first, then live; and the tables that people bring."""
    from lichen.demo.bring import bring_tables
    from lichen.demo.replay import Progress as Replayed
    from lichen.demo.replay import replay as run
    from lichen.demo.seed import demo_seed

    said = -1

    def tell(now: Replayed) -> None:
        nonlocal said
        percent = 100 * now.history_sent // max(1, now.history_total)
        if percent // 10 != said:
            said = percent // 10
            _say(f"replay: {now.history_sent}/{now.history_total} of history sent, {now.counts.answered} answered")

    try:
        seed = demo_seed(home())
        summary = run(
            host, port, seed, history_hours=hours, speed=speed, on_progress=tell,
            beside=lambda: bring_tables(home(), seed, _say),
        )  # fmt: skip
    except ValueError as refused:
        raise _refuse(refused, 2) from None
    typer.echo(json.dumps(summary.as_dict()))


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def manage(context: typer.Context) -> None:
    """Run one of Django's management commands (migrate, createsuperuser, dumpdata, ...)."""
    from lichen.web.manage import manage as run

    raise typer.Exit(run(context.args))


@app.command()
def rebuild() -> None:
    """Empty the store and compute every number again from the sealed bytes. Stop `lichen serve` first."""
    from lichen.ledger.errors import LedgerError
    from lichen.store.errors import StoreError
    from lichen.web.rebuild import rebuild as run

    try:
        with _bar() as bar:
            task = bar.add_task("rebuild: entries", total=None)
            done = run(lambda at, total: bar.update(task, completed=at, total=total))
    except (LedgerError, StoreError) as refused:
        raise _refuse(refused) from None
    _say(f"rebuilt from {done.entries} entries and {done.acts} acts: {done.values} values in {done.seconds:.1f} s")
    for why, count in sorted(done.refused.items()):
        _say(f"  not used: {count} × {why}")


# ----------------------------------------------------------------------------------------------- elements


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def evaluate(
    context: typer.Context,
    element: Annotated[str, typer.Argument(help="Element, e.g. air, surface_water.")],
    source: Annotated[Path, typer.Argument(help="CSV, columns named by parameter slug, plus time.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Result; default: standard output.")] = None,
    edition: Annotated[str | None, typer.Option(help="Edition to judge by; default: by each row's time.")] = None,
    period: Annotated[str | None, typer.Option(help="hour, day, ...; default: the element's first.")] = None,
) -> None:
    """Judge samples by the standard: the same rows out, with class, index, deciding, exceeding, edition and note.

    What an element needs to know beside the values is a column of the table, or the same for all rows: --rules manual.
    Exit code 0 when every row came out, 2 when the input is unusable.

    Example: lichen evaluate surface_water samples.csv -o out.csv --water_body lake
    """
    from lichen.pipeline.csv_table import UnusableInput
    from lichen.pipeline.evaluate_csv import evaluate as run

    try:
        options = _element_options(context.args)
        raise typer.Exit(run(element, str(source), output, edition=edition, period=period, options=options))
    except UnusableInput as refused:
        raise _refuse(refused, 2) from None


def _element_options(words: list[str]) -> dict[str, str]:
    """``--rules manual --target=Ⅱ`` as a mapping; which names there are, the element knows."""
    found: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, sign, value = word.partition("=")
        if not sign:
            value = next(rest, "")
        if not name.startswith("--") or not value or value.startswith("--"):
            raise typer.BadParameter(f"{word!r} is not understood; an element's option is written --name value")
        found[name[2:].replace("-", "_")] = value
    return found


# ----------------------------------------------------------------------------------------------- tables of results


@app.command("import")
def import_results(
    element: Annotated[str, typer.Argument(help="Element the results are of, e.g. surface_water.")],
    source: Annotated[Path, typer.Argument(help="CSV or Excel file; `lichen template` writes an empty one.")],
    period: Annotated[str, typer.Option(help="What a result stands for: sample, hour, day.")] = "sample",
    partial: Annotated[bool, typer.Option(help="Take the rows without a fault although others have one.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Check only; take nothing.")] = False,
) -> None:
    """Bring a table of results in, as the page does: checked cell by cell, sealed with its file, judged.

    Needs the running installation. Exit code 0: all rows taken; 1: some have faults, and they, or without --partial
    all, were left out; 2: the file is no table of results.

    Example: lichen import surface_water lab.xlsx --dry-run
    """
    import getpass

    from lichen.pipeline.errors import PipelineError
    from lichen.pipeline.sheets import command
    from lichen.stream.errors import StreamError

    try:
        outcome = command.run(
            element, source, period=period, partial=partial, dry_run=dry_run, by=getpass.getuser(), say=_say
        )
    except (PipelineError, StreamError) as refused:
        raise _refuse(refused, 2) from None
    raise typer.Exit(outcome)


@app.command()
def template(
    element: Annotated[str, typer.Argument(help="Element, e.g. soil.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write: .csv or .xlsx.")],
) -> None:
    """Write an empty table of results for an element.

    Example: lichen template soil -o soil.xlsx
    """
    from lichen.pipeline.errors import PipelineError
    from lichen.pipeline.sheets import command

    try:
        command.write_template(element, output)
    except PipelineError as refused:
        raise _refuse(refused, 2) from None


# ----------------------------------------------------------------------------------------------- hj212


@hj212_app.command()
def decode(
    source: Annotated[str, typer.Argument(help="A file of bytes as received, or - for standard input.")] = "-",
    key: Annotated[str | None, typer.Option(help="SM4 key: 16 characters or 32 hexadecimal digits.")] = None,
) -> None:
    """Decode a byte stream of frames: one JSON object a line for each frame found.

    Exit code 0 whatever the frames say, 2 for unusable arguments.

    Example: lichen hj212 decode capture.bin
    """
    from lichen.hj212.decode import run

    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    raise typer.Exit(run(source, key, sys.stdout, sys.stderr))


@hj212_app.command()
def simulate(
    host: Annotated[str, typer.Option(help="Host to dial.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to dial.")] = 2120,
    devices: Annotated[int, typer.Option(help="How many devices.")] = 1,
    seconds: Annotated[float, typer.Option(help="How long. [s] 0 = until all that was queued is answered.")] = 60.0,
    interval: Annotated[float | None, typer.Option(help="Only real-time data, this often. [s]")] = None,
    seed: Annotated[str, typer.Option(help="Decides devices, values and faults.")] = "lichen",
    faults: Annotated[str, typer.Option(help="e.g. wrong_crc=0.01,all=0.05; list: lists the kinds.")] = "",
    edition: Annotated[str, typer.Option(help="2005, 2017 or 2025.")] = "2017",
    st: Annotated[str, typer.Option(help="System code: 22 air, 21 surface water, 31 air source, ...")] = "22",
    encrypt: Annotated[bool, typer.Option(help="SM4 (edition 2025).")] = False,
    split: Annotated[bool, typer.Option(help="Split minute data over several packets.")] = False,
    skew: Annotated[float, typer.Option(help="How far the clocks are ahead. [s]")] = 0.0,
    backfill: Annotated[float, typer.Option(help="Minute data of so many past hours are sent late. [h]")] = 0.0,
    window: Annotated[int, typer.Option(help="Unanswered packets a device allows itself.")] = 1,
) -> None:
    """Let simulated devices send over real TCP, answer commands, break down and back-fill. Prints what they did.

    Example: lichen hj212 simulate --devices 20 --seconds 30 --faults wrong_crc=0.02
    """
    from lichen.hj212.simulator import KINDS, Counts
    from lichen.hj212.simulator import simulate as run

    if faults == "list":
        for name, kind in KINDS.items():
            typer.echo(f"{name}\t{kind}")
        raise typer.Exit
    with _bar() as bar:
        task = bar.add_task("simulate: answered", total=None)

        def tell(counts: Counts) -> None:
            bar.update(task, completed=counts.answered)

        try:
            summary = run(
                host, port, devices, seconds=seconds or None, interval_s=interval, seed=seed, faults=faults,
                edition=edition, st=st, encrypt=encrypt, split=split, skew_s=skew, back_fill_hours=backfill,
                window=window, on_progress=tell,
            )  # fmt: skip
        except ValueError as refused:
            raise _refuse(refused, 2) from None
    typer.echo(json.dumps(summary.as_dict(), indent=1))


# ----------------------------------------------------------------------------------------------- devices


@device_app.command("call")
def device_call(
    mn: Annotated[str, typer.Argument(help="MN of a connected device.")],
    cn: Annotated[str, typer.Argument(help="Command: 1011 clock, 2051 minute data, 3011 zero check, ...")],
    fields: Annotated[list[str] | None, typer.Argument(help="FIELD=VALUE ...")] = None,
    timeout: Annotated[float, typer.Option(help="How long to wait in all. [s]")] = 180.0,
) -> None:
    """Send a command to a device through the gateway and follow its answer.

    Example: lichen device call 88A1… 2051 BeginTime=20260801000000 EndTime=20260801010000
    """
    import getpass

    from lichen.gateway import call
    from lichen.stream.errors import StreamError

    try:
        result = call.call_device(
            mn, cn, fields or [], timeout, by=getpass.getuser(), on_step=lambda step: _say(call.step_words(step))
        )
    except (call.CallError, StreamError) as refused:
        raise _refuse(refused, 2) from None
    for step in result.data:
        typer.echo(json.dumps(step, ensure_ascii=False))
    _say(result.message)
    raise typer.Exit(0 if result.ok else 1)


# ----------------------------------------------------------------------------------------------- tokens


@token_app.command("create")
def token_create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    owner: Annotated[str, typer.Option(help="User name of the person whose token it is.")],
    scope: Annotated[list[str] | None, typer.Option(help="read:data (default), read:ledger; repeatable.")] = None,
    days: Annotated[int | None, typer.Option(help="How long it is valid. [d] Default: until revoked.")] = None,
) -> None:
    """Make a token of the API and print its text, which is shown this once and kept nowhere.

    Example: lichen token create "nightly export" --owner wang --scope read:data --days 90
    """
    typer.echo(_token(lambda command: command.create(name, scope or ["read:data"], owner, days)))


@token_app.command("list")
def token_list(
    owner: Annotated[str | None, typer.Option(help="Only those of this person, by user name.")] = None,
) -> None:
    """List tokens, the newest first: one JSON object a line, with state (valid, ended, revoked) and last use."""
    for row in _token(lambda command: command.rows(owner)):
        typer.echo(json.dumps(row, ensure_ascii=False))


@token_app.command("revoke")
def token_revoke(
    token: Annotated[str, typer.Argument(help="The token, or its beginning as the list shows it.")],
) -> None:
    """End a token at once; the act is recorded."""
    _say(f"token {_token(lambda command: command.revoke(token))!r} opens nothing any more")


def _token(work: Callable[[Any], Any]) -> Any:
    from django.core.exceptions import ImproperlyConfigured

    from lichen.web.postgres import PostgresError
    from lichen.web.tokens import command

    try:
        return work(command)
    except (command.TokenRefused, PostgresError, ImproperlyConfigured) as refused:
        raise _refuse(refused) from None


# ----------------------------------------------------------------------------------------------- ledger

WhichLog = Annotated[str, typer.Option("--log", help="raw (what came in) or acts (what people decided).")]


def _log_folder(which: str) -> Path:
    if which not in ("raw", "acts"):
        raise _refuse(f"--log {which}: there are two logs, raw and acts", 2)
    return home().ledger / which


@ledger_app.command()
def prove(
    index: Annotated[int, typer.Argument(help="Entry of the log, from 0.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File; default: standard output.")] = None,
    log: WhichLog = "raw",
) -> None:
    """Write the proof bundle of an entry: anyone can check it without us."""
    from lichen.ledger.bundle import prove_to
    from lichen.ledger.errors import LedgerError

    try:
        prove_to(_log_folder(log), index, output)
    except LedgerError as refused:
        raise _refuse(refused) from None


@ledger_app.command()
def verify(
    bundle: Annotated[str | None, typer.Argument(help="Proof bundle, - = standard input; none: the whole log.")] = None,
    key: Annotated[list[str] | None, typer.Option(help="Verifier key that must have signed; repeatable.")] = None,
    log: WhichLog = "raw",
) -> None:
    """Check a proof bundle, or, without one, recompute a whole log and name whatever was altered.

    Exit code 0 when all holds, 1 when something is altered, 2 for unusable input.
    """
    from lichen.ledger import verify_offline
    from lichen.ledger.check import verify_log
    from lichen.ledger.errors import LedgerError

    if bundle is not None:
        raise typer.Exit(verify_offline.main([bundle, *(part for one in key or [] for part in ("--key", one))]))
    try:
        with _bar() as bar:
            task = bar.add_task(f"verify: {log} entries", total=None)
            report = verify_log(
                _log_folder(log), progress=lambda done, total: bar.update(task, completed=done, total=total)
            )
    except LedgerError as refused:
        raise _refuse(refused) from None
    for finding in report.findings:
        typer.echo(f"{finding.zh}\n  {finding.en}")
    if report.unnamed:
        typer.echo(f"… and {report.unnamed} more damaged tiles")
    typer.echo(
        f"{report.origin}: {report.size} entries, root {report.root.hex()}: "
        + ("all holds" if report.ok else "ALTERED, see above")
    )
    raise typer.Exit(0 if report.ok else 1)


@ledger_app.command("keys")
def ledger_keys(log: WhichLog = "raw") -> None:
    """Show the public keys that sign a log (the private ones stay in LICHEN_HOME/keys)."""
    from lichen.ledger.errors import LedgerError
    from lichen.ledger.log import Log

    try:
        opened = Log.open(_log_folder(log), readonly=True)
    except LedgerError as refused:
        raise _refuse(refused) from None
    for verifier in (*opened.verifiers, *opened.witness_verifiers):
        typer.echo(verifier.vkey)


@ledger_app.command()
def witness(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 2130,
    name: Annotated[str, typer.Option(help="The witness's name on its key.")] = "witness.lichen.local",
    folder: Annotated[Path | None, typer.Option(help="State and key; default LICHEN_HOME/witness.")] = None,
    log_keys: Annotated[
        Path | None,
        typer.Option(help="Lines 'origin verifier-key' of the logs to witness; default: those of LICHEN_HOME."),
    ] = None,
) -> None:
    """Run a witness: co-signs checkpoints that continue what it has seen before, and refuses any rollback."""
    from lichen import installation
    from lichen.ledger.errors import LedgerError

    try:
        installation.run_witness(host, port, folder or home().root / "witness", name, log_keys, _say)
    except (LedgerError, OSError) as refused:
        raise _refuse(refused) from None


# ----------------------------------------------------------------------------------------------- bench


@app.command()
def bench(
    names: Annotated[list[str] | None, typer.Argument(help="codec, gateway, ledger, ...; default: all.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Measure, and print the figures with the machine they were measured on. Needs a source checkout."""
    root = Path(__file__).resolve().parents[1]
    if not (root / "bench").is_dir():
        raise _refuse("the measurements are part of the source: run this from a checkout (make bench)", 2)
    sys.path.insert(0, str(root))
    from bench import run_all

    try:
        figures = run_all(names or [], _say)
    except ValueError as refused:
        raise _refuse(refused, 2) from None
    typer.echo(json.dumps(figures, indent=None if as_json else 1, ensure_ascii=False))


def main() -> None:
    """Entry point of the console script."""
    from lichen import logs

    logs.configure()
    app()
