"""The ``watcher`` command. Importing this costs nothing: signals are answered before anything heavy is loaded."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

from watcher.cli.leaving import leave

__all__ = ["main"]

SERVES = frozenset({"run"})
"""Commands that end with 0 on SIGTERM, from their first instant on."""


def main() -> NoReturn:
    """Run the command line; refusals become one sentence and their exit code."""
    if SERVES & set(sys.argv[1:]):
        signal.signal(signal.SIGTERM, leave)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # "read the files anew", and they are only being read
    # Our matrices are small: threads cost more than they bring, and memory each. Read when numpy is first loaded.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from watcher.cli.commands import command
    from watcher.errors import ConfigError, WatcherError

    try:
        command()
    except ConfigError as error:
        # As compilers print: each problem begins with its file and line.
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    except WatcherError as error:
        print(f"watcher: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone; there is nobody left to tell.
        sys.stderr.close()
        sys.exit(0)
    except Exception:  # noqa: BLE001 the outermost boundary: logged, and exit code 5 is documented
        import structlog

        structlog.get_logger("watcher").exception("internal_error")
        sys.exit(5)
    sys.exit(0)
