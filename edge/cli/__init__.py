"""The `andon` command. Each verb is a few lines: read what was asked, call the part that does it, print, exit.

Exit codes: 0 fine; 1 the plant folder has problems, or a scenario failed; 2 the command line is wrong; 3 it could not run here
(the database is in use, a port is taken, a device that is probed or the cloud cannot be heard).
"""

from __future__ import annotations

import typer

from edge.cli.cloud_verbs import cloud
from edge.cli.delivery_verbs import deliveries
from edge.cli.folder_verbs import app as folder_verbs
from edge.cli.hang_tag_verbs import hang_tag
from edge.cli.maintenance_verbs import maintenance
from edge.cli.performance_verbs import app as performance_verbs
from edge.cli.probe_verbs import probe
from edge.cli.quota_verbs import app as quota_verbs
from edge.cli.rules_verbs import app as rules_verbs
from edge.cli.run_verbs import app as run_verbs
from edge.cli.simulate_verbs import simulate
from edge.cli.stage_verbs import app as stage_verbs
from edge.cli.statistics_verbs import statistics
from edge.cli.status_verbs import app as status_verbs
from edge.cli.tags_verbs import tags
from edge.cli.types_verbs import types
from edge.cli.value_verbs import app as value_verbs
from edge.cli.watch_verbs import app as watch_verbs
from edge.cli.write_verbs import write

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(folder_verbs)
app.add_typer(run_verbs)
app.add_typer(watch_verbs)
app.add_typer(rules_verbs)
app.add_typer(stage_verbs)
app.add_typer(performance_verbs)
app.add_typer(status_verbs)
app.add_typer(quota_verbs)
app.add_typer(value_verbs)
app.add_typer(cloud, name="cloud")
app.add_typer(deliveries, name="deliveries")
app.add_typer(maintenance, name="maintenance")
app.add_typer(hang_tag, name="hang-tag")
app.add_typer(write, name="write")
app.add_typer(probe, name="probe")
app.add_typer(simulate, name="simulate")
app.add_typer(statistics, name="statistics")
app.add_typer(tags, name="tags")
app.add_typer(types, name="types")


def main() -> None:
    """The entry point of the installed command."""
    app(prog_name="andon")
