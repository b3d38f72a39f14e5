"""The commands, one file each; no logic.

In: the command line. Out: tables or one JSON object on stdout, progress and warnings on stderr, an exit status:
0 done, 1 some input could not be used at all (the rest is done), 2 wrong usage, 130 stopped by Ctrl-C.
Typer parses, Rich draws; rooms are imported when a command runs, so that ``--help`` is quick.
"""

from reseen.cli.main import main

__all__ = ["main"]
