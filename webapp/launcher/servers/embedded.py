"""This module starts and stops the embedded servers of one data folder as one."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from webapp.launcher.bare.data_folder import DataFolder
from webapp.launcher.servers import postgres, valkey


class EmbeddedServers:
    """The embedded servers are started where DATABASE_URL and BROKER_URL name none. The caller holds the data folder's lock; main
    thread only.
    """

    def __init__(self, data: DataFolder, *, environ: Mapping[str, str]) -> None:
        self._data = data
        self._environ = environ
        self.postgres: postgres.Server | None = None
        self.valkey: valkey.Server | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> dict[str, str]:
        """Start both, unless they run; return the DATABASE_URL and BROKER_URL for the others. Raises PostgresError, ValkeyError."""
        self.start_postgres()
        self.start_valkey()
        return {
            "DATABASE_URL": self.postgres.url if self.postgres else self._environ["DATABASE_URL"],
            "BROKER_URL": self.valkey.url if self.valkey else self._environ["BROKER_URL"],
        }

    def start_postgres(self) -> None:
        if not self._environ.get("DATABASE_URL"):
            log_file = self._data.logs / "postgres.log"
            self.postgres = postgres.start(self._data.postgres, log_file=log_file, environ=self._environ)
            postgres.ensure_database(self.postgres.url)

    def start_valkey(self) -> None:
        if not self._environ.get("BROKER_URL"):
            log_file = self._data.logs / "valkey.log"
            self.valkey = valkey.start(self._data.valkey, log_file=log_file, environ=self._environ)

    def stop(self) -> None:
        for server in (self.valkey, self.postgres):
            if server is not None:
                server.stop()
        self.valkey = self.postgres = None
