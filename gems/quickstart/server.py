"""Serves a built hub on loopback with the Hub's own protocol, as far as huggingface_hub needs it.

Lists, infos, trees and files; `main` and the exact commit are the only revisions.
What may be served is what the index lists, so no path leads out of the hub's folder.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from gems.core.errors import WorldError
from gems.quickstart.build import read_index
from gems.quickstart.listing import PAGE, chosen, next_link, shown
from gems.quickstart.trouble import Trouble

if TYPE_CHECKING:
    import uvicorn

STARTING_S = 10.0


def serve(directory: Path, host: str = "127.0.0.1", port: int = 0) -> None:
    """Serve until interrupted. Port 0 takes a free one."""
    server, listening = _server(directory, host, port, None)
    server.run(sockets=[listening])


@contextmanager
def serving(
    directory: Path, host: str = "127.0.0.1", port: int = 0, trouble: Trouble | None = None
) -> Iterator[str]:
    """Serve from a background thread; gives the endpoint, such as http://127.0.0.1:41573.

    ``trouble`` may answer in the hub's place, for tests.
    """
    server, listening = _server(directory, host, port, trouble)
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        _wait_until_started(server)
        yield f"http://{host}:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(STARTING_S)
        listening.close()


def application(directory: Path, trouble: Trouble | None = None) -> Starlette:
    """The hub as an ASGI application."""
    hub = Hub(directory, trouble)
    model = "/api/models/{org}/{name}"
    routes = [
        Route("/api/models", hub.models),
        Route(model, hub.info),
        Route(model + "/revision/{revision:path}", hub.info),
        Route(model + "/tree/{revision}", hub.tree),
        Route(model + "/tree/{revision}/{path:path}", hub.tree),
        Route("/{org}/{name}/resolve/{revision}/{path:path}", hub.file),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _refusal})


class Hub:
    """Answers the Hub's requests from the index of one folder; never writes."""

    def __init__(self, directory: Path, trouble: Trouble | None = None) -> None:
        self.folder = Path(directory) / "models"
        self.repositories = {one["id"]: one for one in read_index(directory)["repositories"]}
        self.trouble = trouble

    async def models(self, request: Request) -> Response:
        """One page of the models that carry every tag asked for."""
        if answer := self._in_trouble(request):
            return answer
        query = request.query_params
        found = chosen(self.repositories.values(), query)
        start, size = int(query.get("cursor", 0)), min(int(query.get("limit", PAGE)), PAGE)
        page = [shown(one, query) for one in found[start : start + size]]
        return JSONResponse(page, headers=next_link(request.url, start + size, len(found)))

    async def info(self, request: Request) -> Response:
        """All of one repository, or what ``expand`` names."""
        if answer := self._in_trouble(request):
            return answer
        repository = self._repository(request)
        return JSONResponse(shown(repository, request.query_params, full=True))

    async def tree(self, request: Request) -> Response:
        """One page of a repository's files, which lie in no subfolders."""
        if answer := self._in_trouble(request):
            return answer
        repository = self._repository(request)
        if request.path_params.get("path"):
            raise _not_found("EntryNotFound", "Entry not found", repository)
        start, files = int(request.query_params.get("cursor", 0)), repository["files"]
        page = [{"type": "file", **file} for file in files[start : start + PAGE]]
        return JSONResponse(page, headers=next_link(request.url, start + PAGE, len(files)))

    async def file(self, request: Request) -> Response:
        """A file or a range of it; HEAD gives its hash, size and commit."""
        if answer := self._in_trouble(request):
            return answer
        repository, path = self._repository(request), request.path_params["path"]
        listed = {file["path"]: file for file in repository["files"]}
        if path not in listed:
            raise _not_found("EntryNotFound", "Entry not found", repository)
        if repository["gated"]:
            raise _gated(repository)
        place = self.folder / repository["id"] / path
        return FileResponse(place, headers=_file_headers(repository, listed[path]))

    def _in_trouble(self, request: Request) -> Response | None:
        return self.trouble(request) if self.trouble else None

    def _repository(self, request: Request) -> dict[str, Any]:
        """The repository that a request names. Raises the Hub's refusals."""
        given = request.path_params
        repository = self.repositories.get(f"{given['org']}/{given['name']}")
        if repository is None:
            # The Hub does not tell strangers whether a repository is private or not there.
            raise _refused(401, "RepoNotFound", "Invalid username or password.")
        if given.get("revision", "main") not in ("main", repository["sha"]):
            message = f"Invalid rev id: {given['revision']}"
            raise _not_found("RevisionNotFound", message, repository)
        return repository


def _file_headers(repository: dict[str, Any], file: dict[str, Any]) -> dict[str, str]:
    """The client names its cache's blobs by the etag, so equal files of two repositories meet."""
    large = file.get("lfs")
    etag = large["oid"] if large else file["oid"]
    linked = {"X-Linked-Etag": f'"{etag}"', "X-Linked-Size": str(file["size"])}
    return {
        "ETag": f'"{etag}"',
        "X-Repo-Commit": repository["sha"],
        **(linked if large else {}),
    }


def _gated(repository: dict[str, Any]) -> HTTPException:
    message = f"Access to model {repository['id']} is restricted: ask for access on its page."
    return _refused(403, "GatedRepo", message, repository)


def _not_found(code: str, message: str, repository: dict[str, Any]) -> HTTPException:
    return _refused(404, code, message, repository)


def _refused(
    status: int, code: str, message: str, repository: dict[str, Any] | None = None
) -> HTTPException:
    headers = {"X-Error-Code": code, "X-Error-Message": message}
    if repository:
        headers["X-Repo-Commit"] = repository["sha"]
    return HTTPException(status, message, headers)


async def _refusal(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


def _server(
    directory: Path, host: str, port: int, trouble: Trouble | None
) -> "tuple[uvicorn.Server, socket.socket]":
    import uvicorn

    app = application(directory, trouble)
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise WorldError(f"{host}:{port}", str(error), "name another port") from error
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")
    return uvicorn.Server(config), listening


def _wait_until_started(server: "uvicorn.Server") -> None:
    waited = 0.0
    while not server.started:
        if waited > STARTING_S:
            raise WorldError("quickstart hub", f"not up after {STARTING_S} s", "try again")
        sleep(0.01)
        waited += 0.01
