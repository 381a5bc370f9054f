"""The ledger: what has happened, in append-only segments of JSON lines. The truth of a run.

Each append is a new segment, since object stores cannot append; outcomes that waited together
share one. A line that was torn by a crash is dropped on reading and its work done again.
"""

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

from gems.adapters.storage import Folder
from gems.core.outcome import Outcome, from_record, to_record


class Ledger:
    """The outcomes of one run, in the order they were told.

    ``append`` returns when the outcomes are durable. One writer at a time: the folder's lock
    belongs to the driver.
    """

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        segments = self._segments()
        self._next = int(segments[-1].removesuffix(".jsonl")) + 1 if segments else 1

    def outcomes(self) -> Iterator[Outcome]:
        """Everything recorded, oldest first."""
        for record in self.records():
            yield from_record(record)

    def records(self) -> Iterator[dict[str, Any]]:
        """The same as plain data."""
        for segment in self._segments():
            for line in self.folder.read(f"ledger/{segment}").splitlines():
                record = _parsed(line)
                if record is not None:
                    yield record

    def append(self, outcomes: Sequence[Outcome]) -> None:
        """Write outcomes as one segment."""
        lines = [json.dumps(to_record(outcome), separators=(",", ":")) for outcome in outcomes]
        self.folder.write(f"ledger/{self._next:06d}.jsonl", "".join(f"{line}\n" for line in lines))
        self._next += 1

    def _segments(self) -> list[str]:
        names = (os.path.basename(path) for path in self.folder.list("ledger"))  # noqa: PTH119
        return sorted((n for n in names if n.endswith(".jsonl")), key=lambda n: int(n[:-6]))


def _parsed(line: str) -> dict[str, Any] | None:
    """A record, or None for a line that a crash tore."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
