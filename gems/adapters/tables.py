"""Candidate lists and standings as Parquet."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gems.core.candidate import Candidate, LeftOut
from gems.core.errors import BadInput
from gems.core.standings import Standing

STANDINGS = pa.schema(
    [
        ("id", pa.string()),
        ("revision", pa.string()),
        ("score", pa.float64()),
        ("interval_low", pa.float64()),
        ("interval_high", pa.float64()),
        ("questions", pa.int64()),
        ("left_in_round", pa.int64()),
        ("reason", pa.string()),
        ("downloads", pa.int64()),
        ("likes", pa.int64()),
        ("is_gem", pa.bool_()),
        ("copy_of", pa.string()),
    ]
)
CANDIDATES = pa.schema(
    [
        ("id", pa.string()),
        ("revision", pa.string()),
        ("relation", pa.string()),
        ("parent", pa.string()),
        ("parent_revision", pa.string()),
        ("chassis", pa.string()),
        ("parameters", pa.int64()),
        ("size_bytes", pa.int64()),
        ("downloads", pa.int64()),
        ("likes", pa.int64()),
        ("license", pa.string()),
        ("weights", pa.string()),
        ("copy_of", pa.string()),
        ("left_out", pa.string()),
    ]
)


def standings_table(standings: Sequence[Standing]) -> bytes:
    """The standings as a Parquet file."""
    return _file((asdict(standing) for standing in standings), STANDINGS)


def read_standings(data: bytes) -> list[Standing]:
    """The standings that `standings_table` wrote."""
    return [Standing(**row) for row in _rows(data)]


def candidates_table(candidates: Sequence[Candidate], left_out: Sequence[LeftOut]) -> bytes:
    """A pinned candidate list as a Parquet file, with the reason for every one left out."""
    asked = ({**asdict(candidate), "left_out": None} for candidate in candidates)
    others = ({"id": other.id, "left_out": other.reason} for other in left_out)
    return _file((*asked, *others), CANDIDATES)


def read_candidates(source: str | bytes) -> tuple[tuple[Candidate, ...], tuple[LeftOut, ...]]:
    """The list that `candidates_table` wrote. Raises `BadInput` for any other file."""
    if isinstance(source, str) and not Path(source).is_file():
        raise BadInput("candidates.list", f"found {source!r}, which is no file")
    try:
        rows = _rows(source if isinstance(source, bytes) else Path(source).read_bytes())
        left_out = [LeftOut(r["id"], r["left_out"]) for r in rows if r["left_out"]]
        names = [field.name for field in fields(Candidate)]
        asked = [r for r in rows if not r["left_out"]]
        return tuple(Candidate(**{n: r[n] for n in names}) for r in asked), tuple(left_out)
    except (pa.ArrowInvalid, KeyError) as error:
        raise BadInput(
            "candidates.list", f"{source!r} is no list that `gems discover` wrote: {error}"
        ) from error


def _rows(data: bytes) -> list[dict[str, Any]]:
    """A Parquet file's rows, from memory that Arrow owns.

    Arrow's threads may let go of what they read from as the interpreter exits: memory of Python's
    was seen to abort it then.
    """
    owned = pa.allocate_buffer(len(data))
    memoryview(owned).cast("B")[:] = data
    return pq.ParquetFile(pa.BufferReader(owned)).read(use_threads=False).to_pylist()


def _file(rows: Iterable[dict[str, Any]], schema: pa.Schema) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), buffer)
    return buffer.getvalue()
