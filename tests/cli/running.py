"""Running the command: in this process where that serves, as a process of its own where it must be one."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Ran:
    """What a command did: its exit status, and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What ``--json`` printed: exactly one object on one line, and nothing else."""
        lines = self.out.splitlines()
        assert len(lines) == 1, f"not one line on stdout: {self.out!r}\n{self.err}"
        value = json.loads(lines[0])
        assert isinstance(value, dict)
        return value

    def well(self) -> Ran:
        """The same, if it ended well."""
        assert self.status == 0, f"exit status {self.status}\n{self.out}\n{self.err}"
        return self


def reseen(*arguments: object, folder: Path | None = None) -> Ran:
    """Run ``reseen ARGUMENTS`` in this process, in a folder if named."""
    from reseen.cli import main

    out, err = io.StringIO(), io.StringIO()
    status = 0
    with (
        contextlib.chdir(folder or Path.cwd()),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main([str(part) for part in arguments])
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    ran = Ran(status, out.getvalue(), err.getvalue())
    assert "Traceback" not in ran.err, ran.err
    return ran


def command(*arguments: object) -> list[str]:
    """The installed command as a list of words."""
    return [sys.executable, "-m", "reseen", *(str(part) for part in arguments)]


def process(*arguments: object, folder: Path | None = None) -> Ran:
    """Run ``reseen ARGUMENTS`` as a process of its own."""
    done = subprocess.run(
        command(*arguments), cwd=folder, capture_output=True, encoding="utf-8", timeout=300, check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)
