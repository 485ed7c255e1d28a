"""The command line. Each command is loaded when it is typed, and every error ends here."""

import os
import sys
from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer
import typer.core
import typer.main

from tito import terminal
from tito.errors import TitoError

SECTIONS = ("init", "module", "checkpoint", "export", "system", "course")
# Typer shows the class of its usage errors only as what `BadParameter` derives from.
UsageError: type[typer.BadParameter] = typer.BadParameter.__mro__[1]


class Sections(typer.core.TyperGroup):
    """Loads `tito.cli.NAME` when NAME is typed, so that no command waits for the imports of another."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer calls it so
        """The sections, in the order a reader meets them."""
        return list(SECTIONS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - typer calls it so
        """The section of that name. For a word that is none, all are loaded, to suggest one of them."""
        for name in [cmd_name] if cmd_name in SECTIONS else SECTIONS:
            if name not in self.commands:
                command = typer.main.get_command(import_module(f"tito.cli.{name}").app)
                command.name = name
                self.commands[name] = command
        return self.commands.get(cmd_name)


app = typer.Typer(cls=Sections, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def tito(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit")] = False,
) -> None:
    """Build your own machine-learning framework, one capability at a time

    Without a command it shows where you are, and what to type next.
    """
    if version:
        from importlib.metadata import version as version_of

        terminal.say([f"tito {version_of('tinytorch-course')}"])
    elif context.invoked_subcommand is None:
        from tito.cli.home import show_home

        show_home()


def main() -> NoReturn:
    """Run the command that was typed, and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal without a glyph still has its word.
            stream.reconfigure(errors="replace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command; its exit code: 0 ok, 1 checks failed, 2 usage, 3 fault of ours, 130 interrupted."""
    try:
        code = typer.main.get_command(app).main(arguments, prog_name="tito", standalone_mode=False)
    except TitoError as error:
        return report(error.message, error.next_step, error.exit_code)
    except UsageError as error:
        context = getattr(error, "ctx", None)
        return report(error.format_message(), f"`{context.command_path if context else 'tito'} --help`", 2)
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except Exception as error:  # noqa: BLE001 - the one boundary: whatever else arrives here is a fault of ours
        return explain(error)
    if code == 130:
        terminal.note("Interrupted: what was recorded before stays recorded")
    return int(code or 0)


def explain(error: Exception) -> int:
    """Report an error that nothing foresaw: a package that belongs to an extra, or a fault of ours."""
    if isinstance(error, ModuleNotFoundError) and error.name and (extra := extra_of(error.name)):
        return report(f"This needs `{error.name}`", f"`pip install 'tinytorch-course[{extra}]'`", 2)
    if os.environ.get("TITO_DEBUG"):
        import traceback

        traceback.print_exception(error)
    problem = f"{type(error).__name__}: {error}".rstrip(": ")
    return report(f"A fault of ours: {problem}", "set `TITO_DEBUG=1` and repeat the command to see where", 3)


def extra_of(package: str) -> str | None:
    """The smallest extra of this distribution that brings a package."""
    import re
    from importlib.metadata import requires

    extras: dict[str, set[str]] = {}
    for requirement in requires("tinytorch-course") or []:
        if found := re.match(r"([\w.-]+).*extra == ['\"](\w+)['\"]", requirement):
            extras.setdefault(found[2], set()).add(found[1].lower())
    bringing = [extra for extra, packages in extras.items() if package.lower() in packages]
    return min(bringing, key=lambda extra: len(extras[extra]), default=None)


def report(message: str, next_step: str, code: int) -> int:
    """Tell on stderr what went wrong and what to type next."""
    terminal.note(f"❌ {message}" + (f"\n→ {next_step}" if next_step else ""))
    return code
