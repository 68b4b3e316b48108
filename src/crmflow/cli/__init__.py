"""
The command line: noun then verb, data on stdout, progress and messages on stderr.

Only `click` is loaded to show help; what a verb needs is imported when it runs.
"""

from __future__ import annotations

import io
import sys


def main() -> None:
    """
    Run the command line with the process's own arguments, and exit.

    Exit codes: 0 ok, 1 findings, 2 usage, 3 configuration or schema out of date,
    4 refused, 5 not found, 6 conflict.
    """
    try:
        from crmflow.cli.app import app
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        sys.stderr.write("Error: the command line needs click: pip install 'crmflow[cli]'\n")
        raise SystemExit(3) from error
    for stream in (sys.stdout, sys.stderr):
        # A terminal that has no Chinese shows escapes instead of a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app.main(prog_name="crmflow")
