"""A run's folder on anything that fsspec opens, held by one driver at a time."""

import json
import os
import secrets
import socket
import threading
import time
from pathlib import Path
from typing import Any

from gems.core.errors import BadInput

LEASE_S = 60.0


class Folder:
    """Files below ``storage/name``. Writes are durable when they return.

    Raises `BadInput` when the storage cannot be written.
    """

    def __init__(self, storage: str, name: str) -> None:
        import fsspec
        from fsspec.implementations.local import LocalFileSystem

        try:
            self.fs, root = fsspec.core.url_to_fs(storage)
        except (ValueError, ImportError) as error:
            raise BadInput("storage", f"found {storage!r}: {error}") from error
        self.is_local = isinstance(self.fs, LocalFileSystem)
        self.root = f"{str(root).rstrip('/')}/{name}"
        self.path = self.root if self.is_local else f"{storage.rstrip('/')}/{name}"

    def create(self) -> None:
        """Make the folder, and prove that it can be written."""
        try:
            self.fs.makedirs(f"{self.root}/ledger", exist_ok=True)
            probe = f".probe-{secrets.token_hex(4)}"
            self.write(probe, "")
            self.fs.rm_file(f"{self.root}/{probe}")
        except (OSError, PermissionError) as error:
            raise BadInput(
                "storage",
                f"{self.path} cannot be written: {error}; "
                "allowed: a writable folder or an fsspec address",
            ) from error

    def write(self, name: str, text: str | bytes) -> None:
        """Write a file whole; on a local disk it is flushed to the platter."""
        data = text.encode() if isinstance(text, str) else text
        if not self.is_local:
            self.fs.pipe_file(f"{self.root}/{name}", data)
            return
        path = Path(self.root, name)
        partial = path.with_name(f".{path.name}.partial")
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def read(self, name: str) -> str:
        """A text file. Bytes that are no text, as a crash may leave them, are replaced."""
        return self.fs.cat_file(f"{self.root}/{name}").decode(errors="replace")

    def exists(self, name: str = "") -> bool:
        """Whether there is such a file."""
        return bool(self.fs.exists(f"{self.root}/{name}".rstrip("/")))

    def list(self, name: str) -> list[str]:
        """The paths in a folder below; none where there is no such folder."""
        self.fs.invalidate_cache()
        try:
            return [str(path) for path in self.fs.ls(f"{self.root}/{name}", detail=False)]
        except FileNotFoundError:
            return []

    def json(self, name: str) -> Any:
        """A JSON file's value, or None where it is not there."""
        return json.loads(self.read(name)) if self.exists(name) else None


class Held:
    """Holds a folder for one driver: a file lock on a local disk, else a lease that is renewed.

    Raises `BadInput` when another live driver holds it.
    """

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._stop = threading.Event()
        self._owner = f"{socket.gethostname()} pid {os.getpid()} {secrets.token_hex(4)}"

    def __enter__(self) -> "Held":
        if self.folder.is_local:
            self._lock()
        else:
            self._lease()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self.folder.is_local:
            self._file.release()
        else:
            self._thread.join()
            self.folder.fs.rm_file(f"{self.folder.root}/driver.json")

    def _lock(self) -> None:
        import filelock

        self._file = filelock.FileLock(f"{self.folder.root}/.lock")
        try:
            self._file.acquire(timeout=0)
        except filelock.Timeout as error:
            raise self._taken("on this machine") from error

    def _lease(self) -> None:
        lease = self.folder.json("driver.json") or {"owner": "", "until": 0.0}
        if lease["until"] > time.time():
            raise self._taken(f"on {lease['owner']}")
        self._renew()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def _keep(self) -> None:
        while not self._stop.wait(LEASE_S / 4):
            self._renew()

    def _renew(self) -> None:
        lease = {"owner": self._owner, "until": time.time() + LEASE_S}
        self.folder.write("driver.json", json.dumps(lease))

    def _taken(self, where: str) -> BadInput:
        return BadInput(
            "storage",
            f"{self.folder.path} is held by another search {where}; wait for it or end it",
        )
