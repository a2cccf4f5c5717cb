"""What every job does: read the command line and the configuration, run, explain failures."""

import argparse
import io
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence

from schemas.config import ConfigT, Section, load_config
from schemas.config_help import describe_keys
from schemas.errors import CorpusMillError, explain_storage
from schemas.redaction import redact

EXIT_DONE, EXIT_FAILED, EXIT_USAGE = 0, 1, 2


def run_job(
    main: Callable[[ConfigT], int | None],
    model: type[ConfigT],
    argv: Sequence[str] | None,
    description: str | None,
    instead: Mapping[str, tuple[str, Callable[[ConfigT], int | None]]] | None = None,
) -> int:
    """Parse ``--config FILE`` and ``--set key=value``, call ``main``, return the exit code.

    ``instead``: flags such as ``plan``, each with its help and what to call in place of ``main``.

    0 done (or what ``main`` returns), 1 failed, 2 wrong configuration or usage. A failure that
    we can explain is one line on standard error; a stack trace means a defect of ours.
    """
    parser = job_parser(description, model)
    parser.add_argument("--config", metavar="FILE", help="TOML file with the keys below")
    for flag, (text, _) in (instead or {}).items():
        parser.add_argument(f"--{flag}", action="store_true", help=text)
    arguments = parser.parse_args(argv)
    for flag, (_, other) in (instead or {}).items():
        main = other if getattr(arguments, flag) else main
    return explain(lambda: main(load_config(model, arguments.config, arguments.overrides)))


def job_parser(
    description: str | None, model: type[Section] | None = None
) -> argparse.ArgumentParser:
    """A command line whose help keeps the lines of the job's docstring; with ``model`` it takes
    ``--set KEY=VALUE`` and lists the keys with their defaults."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    if model is not None:
        # argparse formats no epilog with "%", so that a default may hold one.
        parser.epilog = f"keys and their defaults:\n{describe_keys(model)}"
        parser.add_argument(
            "--set",
            metavar="KEY=VALUE",
            action="append",
            default=[],
            dest="overrides",
            help="set one of the keys below (may be repeated); it wins over the file",
        )
    return parser


def explain(action: Callable[[], int | None]) -> int:
    """Exit code of ``action``; errors of ours become one line."""
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a letter shows its number
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        return action() or EXIT_DONE
    except CorpusMillError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("error: interrupted; start again to resume", file=sys.stderr)
        return EXIT_FAILED
    except OSError as error:  # a full disk, a folder without permission, a name that is taken
        print(f"error: {explain_storage(error)}", file=sys.stderr)
        return EXIT_FAILED
    except Exception:
        print(redact(traceback.format_exc()), file=sys.stderr)
        return EXIT_FAILED
