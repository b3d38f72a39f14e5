"""Help, versions, completion: what somebody meets who has not read anything."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer

from cli.running import command, reseen
from reseen.cli.main import app


def _commands(group: object, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, item in group.commands.items():  # type: ignore[attr-defined]
        if hasattr(item, "commands"):
            yield from _commands(item, (*above, name))
        else:
            yield (*above, name), item


COMMANDS = dict(_commands(typer.main.get_command(app)))


def test_the_promised_commands_are_there() -> None:
    names = {" ".join(words) for words in COMMANDS}
    care = "info list verify rebuild-index remove relink set-start export"
    assert names >= {"find", "index", "search", "audit", "doctor", *(f"library {word}" for word in care.split())}
    assert names >= {f"models {word}" for word in ("list", "info", "pull", "import", "verify")}


@pytest.mark.parametrize("words", list(COMMANDS), ids=" ".join)
def test_every_command_has_help_with_an_example_of_itself(home: Path, words: tuple[str, ...]) -> None:
    ran = reseen(*words, "--help").well()
    shown = " ".join(ran.out.split())
    assert f"Example: reseen {' '.join(words)}" in shown
    for flag in ("--json", "--quiet", "--verbose", "--debug"):
        assert flag in shown
    assert reseen(*words, "-h").well().out == ran.out


@pytest.mark.parametrize("words", list(COMMANDS), ids=" ".join)
def test_the_options_of_examples_are_known(words: tuple[str, ...]) -> None:
    item = COMMANDS[words]
    known = {option for one in item.params for option in (*one.opts, *one.secondary_opts)}
    used = {word.split("=")[0] for word in (item.epilog or "").split() if word.startswith("-")}
    assert used <= known


@pytest.mark.parametrize("words", [(), ("library",), ("models",)])
def test_groups_say_what_they_hold(home: Path, words: tuple[str, ...]) -> None:
    ran = reseen(*words, "--help").well()
    inside = [name[len(words)] for name in COMMANDS if name[: len(words)] == words]
    assert all(name in ran.out for name in inside)
    assert reseen(*words).status in (0, 2)


def test_version(home: Path) -> None:
    from importlib.metadata import version

    assert reseen("--version").well().out == f"reseen {version('reseen')}\n"


def test_an_unknown_command(home: Path) -> None:
    ran = reseen("fnid", "photo.jpg")
    assert ran.status == 2
    assert "fnid" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["find"], "Missing argument"),
        (["find", "a.jpg", "b.mp4", "--top", "0"], "--top"),
        (["find", "a.jpg", "b.mp4", "--threads", "many"], "--threads"),
        (["search", "a.jpg", "--libary", "x"], "--library"),
        (["library", "nothing"], "nothing"),
    ],
)
def test_wrong_words_are_one_line_and_one_object(home: Path, words: list[str], said: str) -> None:
    ran = reseen(*words)
    assert (ran.status, ran.out) == (2, "")
    assert len(ran.err.splitlines()) == 1
    assert said in ran.err
    assert " --help)" in ran.err
    asked = reseen(*words, "--json")
    assert asked.status == 2
    assert said in asked.json["error"] or "nothing" in words


def test_defaults_are_told_in_the_help(home: Path) -> None:
    shown = " ".join(reseen("find", "--help").out.replace("│", " ").split())
    assert "[default: the largest]" in shown
    assert "[default: the model's own]" in shown


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no Bash here")
def test_completion_is_offered(home: Path) -> None:
    """To whoever types it in a shell, which is told by the process that started the command."""
    words = " ".join(shlex.quote(word) for word in command("--show-completion"))
    done = subprocess.run(["bash", "-c", f"{words}; exit $?"], capture_output=True, text=True, check=True)
    assert re.search(r"complete .*-F _\w+ reseen$", done.stdout, re.MULTILINE), done.stdout


def test_help_loads_nothing_heavy(home: Path) -> None:
    code = (
        "import sys; from reseen.cli.main import app; from typer.testing import CliRunner; "
        "assert CliRunner().invoke(app, ['find', '--help']).exit_code == 0; "
        "print(*sorted({name.split('.')[0] for name in sys.modules} & "
        "{'av', 'cv2', 'numpy', 'onnxruntime', 'openvino', 'faiss', 'torch', 'scipy', 'sqlalchemy', 'PIL'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_pipe_that_closes_early_is_no_error(home: Path) -> None:
    with subprocess.Popen(command("models", "list"), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stderr is not None
        child.stdout.close()
        said = child.stderr.read()
    assert b"Traceback" not in said
    assert b"Error" not in said
