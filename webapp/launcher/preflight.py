"""These checks run before anything is started, so that a start fails early and says why."""

import errno
import shutil
import socket

from webapp.launcher.bare.data_folder import DataFolder
from webapp.launcher.bare.progress import StepError, say

_LEAST_ROOM = 300 * 1024 * 1024  # bytes free on the data folder's disk
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def check_port(host: str, port: int) -> None:
    """Raise StepError unless a server can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                why = f"Port {port} is taken by another program. Choose another with `--port`."
            elif error.errno == errno.EACCES:
                why = f"Port {port} needs more rights than this account has. Choose one above 1023 with `--port`."
            else:
                why = f"Cannot listen on {host}: {error.strerror}. Choose an address of this machine with `--host`."
            raise StepError(why) from error
        except OverflowError:
            raise StepError(f"Expected a port from 1 to 65535, found {port}.") from None
    if host not in _LOOPBACK:
        say(f"Note: {host} can be reached from other machines. The demo users have known passwords: see --no-demo.")


def check_room(data: DataFolder) -> None:
    """Raise StepError when the disk is nearly full: PostgreSQL would stop in the middle of its work."""
    free = shutil.disk_usage(data.path).free
    if free < _LEAST_ROOM:
        raise StepError(
            f"Only {free // 1024 // 1024} MB are free on the disk of {data.path}, and a start needs "
            f"{_LEAST_ROOM // 1024 // 1024} MB. Make room, or choose another disk with `--data DIR`."
        )
