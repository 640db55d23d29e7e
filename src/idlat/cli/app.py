"""The `idlat` program: its commands; what goes wrong is one line on standard error and exit status 2."""

from __future__ import annotations

import os
import re
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from idlat import __version__
from idlat.allocator import return_freed_memory
from idlat.cli.analyze import analyze
from idlat.cli.compress import compress
from idlat.cli.datasets import datasets
from idlat.cli.decompress import decompress
from idlat.cli.demo import demo
from idlat.cli.explore import explore
from idlat.cli.export import export
from idlat.cli.importance import importance
from idlat.cli.inspect import evaluate, info, verify
from idlat.cli.repair import repair
from idlat.cli.reproduce import reproduce
from idlat.cli.train import train
from idlat.errors import Remark
from idlat.extras import extra_of, missing_extra
from idlat.outputs import Interrupted, interruptible

_PATIENCE = 2.0  # seconds for reads and writes under way when the program is stopped

app = typer.Typer(
    name="idlat",
    help="Importance-driven latent representations of scientific volumes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"idlat {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[  # its callback answers
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and exit."),
    ] = False,
) -> None:
    pass


for command in (
    demo,
    train,
    compress,
    decompress,
    info,
    evaluate,
    verify,
    repair,
    export,
    importance,
    explore,
):
    app.command()(command)
app.add_typer(analyze, name="analyze")
app.add_typer(datasets, name="datasets")
app.add_typer(reproduce, name="reproduce")


# typer may use the click that is installed or one of its own: its public error leads to the right base class
UsageError: Any = typer.BadParameter.__bases__[0]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program; leave by SystemExit with status 0, 2 (an error), 130 (Ctrl-C), 143 (SIGTERM).

    Examples
    --------
    >>> try:
    ...     main(["info", "absent.idlat"])
    ... except SystemExit as end:
    ...     end.code
    2
    """
    return_freed_memory()
    sys.exit(run(arguments))


def with_coarse(arguments: Sequence[str]) -> list[str]:
    """Give ``--coarse`` its number, 8, where none follows; options cannot say so themselves.

    Examples
    --------
    >>> with_coarse(["a.idlat", "--coarse", "-o", "b.nc"])
    ['a.idlat', '--coarse', '8', '-o', 'b.nc']
    >>> with_coarse(["a.idlat", "--coarse", "16"])
    ['a.idlat', '--coarse', '16']
    """
    given: list[str] = []
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        given.append(argument)
        if argument == "--coarse" and not re.fullmatch("-?[0-9]+", following):
            given.append("8")
    return given


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit status."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        with interruptible():
            return _run(given)
    except Interrupted as stop:
        name = signal.Signals(stop.number).name
        if "zarr" in sys.modules:
            from idlat.fields.zarr.write_zarr import wait_for_pending_writes

            wait_for_pending_writes(_PATIENCE)
        word = "interrupted" if stop.number == signal.SIGINT else f"ended by {name}"
        complain(f"{word}; {going_on(given)}")
        return stop.status


def _run(arguments: list[str]) -> int:
    arguments = with_coarse(arguments)
    program = typer.main.get_command(app)
    keep_lines(program)
    try:
        with _remarks_as_lines():
            result = program.main(args=arguments, prog_name="idlat", standalone_mode=False)
    except UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            sys.stderr.write(error.format_message() + "\n")
            return 2
        where = f" (see `{error.ctx.command_path} --help`)" if error.ctx else ""
        return complain(error.format_message().rstrip(".") + where)
    except (typer.Abort, KeyboardInterrupt):  # where the signals are handled by another, as in a thread
        raise Interrupted(signal.SIGINT) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, OSError, MemoryError) as error:
        return complain(describe(error))
    except ModuleNotFoundError as error:
        if extra_of(error.name or "") is None:
            raise
        return complain(str(missing_extra("this command", error.name or "")))
    return result if isinstance(result, int) else 0


def going_on(arguments: Sequence[str]) -> str:
    """Say what an interrupted command leaves behind, and how to go on.

    Examples
    --------
    >>> going_on(["compress", "a.npy", "-o", "a.idlat", "--overwrite"])
    'the same command with --resume instead of --overwrite goes on from what was written'
    >>> going_on(["verify", "a.idlat"])
    'nothing was left half-written: run the same command again'
    """
    words = list(arguments[:2])
    if words[:1] in (["compress"], ["train"]):
        option = "" if "--resume" in arguments else " with --resume"
        option += " instead of --overwrite" if "--overwrite" in arguments else ""
        return f"the same command{option} goes on from what was written"
    if words == ["datasets", "make"]:
        return "the same command goes on from the steps that were made"
    if words[:1] == ["reproduce"]:
        return "the same command goes on from the models that were trained"
    return "nothing was left half-written: run the same command again"


@contextmanager
def _remarks_as_lines() -> Iterator[None]:
    """Write each remark on standard error, one line each, once."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", Remark)
        show, said = warnings.showwarning, set[str]()

        def say(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if not issubclass(category, Remark):
                show(message, category, *where, **more)
            elif str(message) not in said:
                said.add(str(message))
                sys.stderr.write("idlat: remark: " + " ".join(str(message).split()) + "\n")

        warnings.showwarning = say
        yield


def keep_lines(command: Any) -> None:
    r"""Turn the marks ``\b`` of raw docstrings into the character that keeps a paragraph's lines in help."""
    if command.help:
        command.help = command.help.replace("\\b", "\b")
    for below in getattr(command, "commands", {}).values():
        keep_lines(below)


def describe(error: BaseException) -> str:
    """Say in one line what an exception means to a user.

    Examples
    --------
    >>> describe(FileNotFoundError(2, "No such file or directory", "a.nc"))
    'a.nc: No such file or directory'
    """
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if isinstance(error, MemoryError):
        return "not enough memory"
    return str(error) or type(error).__name__


def complain(message: str) -> int:
    """Write one line to standard error; return exit status 2."""
    sys.stderr.write("idlat: " + " ".join(message.split()) + "\n")
    return 2
