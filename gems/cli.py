"""The ``gems`` command."""

import logging
import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from gems.core.errors import BadInput, GemsError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Find the best model for your task in a model tree, under a fixed budget.",
    epilog="Start with: gems search configs/quickstart.yaml",
)
hub_app = typer.Typer(
    no_args_is_help=True, help="The quickstart hub: real small checkpoints on this machine."
)
app.add_typer(hub_app, name="hub")

Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="A.B=VALUE", help="Change a field of the config; repeatable."),
]


@app.command()
def search(
    config: Annotated[str, typer.Argument(help="A YAML file, such as configs/quickstart.yaml.")],
    changes: Changes = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan and spend nothing.")
    ] = False,
) -> None:
    """Find the best candidate. The same command again resumes, or shows what was found.

    Example: gems search configs/quickstart.yaml --set budget.queries_per_candidate=50
    """
    from gems import wiring
    from gems.config import read_config
    from gems.ending import ending, plan_table

    settings, console = read_config(config, changes or []), _console()
    if dry_run:
        prepared, contest = wiring.plan(settings, console)
        console.print(plan_table(settings, prepared.candidates, contest))
        return
    try:
        summary = wiring.run_search(settings, console)
    except KeyboardInterrupt as interrupt:
        _complain("interrupted; nothing is lost, the same command goes on from here")
        raise typer.Exit(130) from interrupt
    console.print(ending(settings, config, summary, wiring.standings_of(settings)), soft_wrap=True)


@app.command()
def discover(
    base: Annotated[str, typer.Argument(help="A model id, such as meta-llama/Llama-3.1-8B.")],
    out: Annotated[Path | None, typer.Option(help="Where to write the pinned list.")] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="Address of a hub; default: HF_ENDPOINT, or the public Hub.")
    ] = None,
    max_parameters: Annotated[float | None, typer.Option(help="Largest model asked.")] = None,
) -> None:
    """Walk the model tree below BASE: who can be asked, and why the others cannot.

    The list pins every model at its commit; a search takes it as candidates.list.
    """
    from gems import wiring
    from gems.adapters.tables import candidates_table
    from gems.core.settings import Candidates
    from gems.ending import tree_table

    console = _console()
    wanted = Candidates(base=[base], max_parameters=max_parameters)
    tree = wiring.discover(wanted, endpoint, console)
    target = out or Path(f"{base.replace('/', '--')}.parquet")
    try:
        target.write_bytes(candidates_table(tree.candidates, tree.left_out))
    except OSError as error:
        raise BadInput("--out", f"{target} cannot be written: {error.strerror}") from error
    console.print(tree_table(tree.candidates, tree.left_out))
    console.print(f"wrote {target}; search it with candidates: {{list: {target}}}", markup=False)


@app.command()
def report(
    run_dir: Annotated[str, typer.Argument(help="A run's folder, such as runs/quickstart.")],
) -> None:
    """Write report.html again, with standings and summary, from what the ledger tells."""
    from gems import wiring

    console = _console()
    path = wiring.rewrite(run_dir)
    console.print(f"wrote {path}", markup=False)


@app.command()
def policies() -> None:
    """The policies, a line each."""
    from gems.core.policies import DEFAULT, POLICIES

    console = _console()
    for name, policy in POLICIES.items():
        mark = " (default)" if name == DEFAULT else ""
        console.print(f"{name:<20} {policy.summary}{mark}", markup=False)


@hub_app.command("build")
def hub_build(
    directory: Annotated[Path, typer.Argument(help="Where the hub is kept, about 100 MB.")],
    seed: Annotated[int, typer.Option(help="Another seed makes other models.")] = 0,
) -> None:
    """Train the quickstart hub's checkpoints, a few minutes on two cores; once only."""
    from gems import wiring

    wiring.build_hub(directory, seed, Console())
    Console().print(f"the hub is in {directory}; serve it with: gems hub serve {directory}")


@hub_app.command("serve")
def hub_serve(
    directory: Annotated[Path, typer.Argument(help="A folder that `gems hub build` made.")],
    port: Annotated[int, typer.Option(help="0: any free port.")] = 8199,
) -> None:
    """Serve a hub on 127.0.0.1 until interrupted."""
    from gems.quickstart.server import serving

    if not directory.is_dir():
        raise BadInput(
            str(directory), "no such folder; make it with: gems hub build " + str(directory)
        )
    with serving(directory, port=port) as endpoint:
        Console().print(f"serving {directory}; use it with: export HF_ENDPOINT={endpoint}")
        signal.pause()


def main() -> None:
    """Run the command; errors become one line and an exit status."""
    logging.basicConfig(level=logging.WARNING, format="gems: %(message)s")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        app(standalone_mode=True)
    except GemsError as error:
        _complain(f"error: {error}")
        sys.exit(error.exit_status)


def _console() -> Console:
    """As wide as the terminal; a log file is given room for a model's name."""
    console = Console()
    return console if console.is_terminal else Console(width=110)


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _complain(line: str) -> None:
    Console(stderr=True, soft_wrap=True).print(f"gems: {escape(line)}", highlight=False)


if __name__ == "__main__":
    main()
