"""Bad days of a hub, for tests: answers that the server gives in place of the right one."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

Trouble = Callable[[Request], Response | None]
"""Called before each answer; None lets the server answer as always."""


@dataclass
class FailFirst:
    """Fails the first requests whose path contains ``part``.

    Status 429 comes with the Hub's RateLimit headers and ``wait_s``, the seconds to wait.
    """

    part: str
    times: int = 1
    status: int = 500
    wait_s: int = 1
    seen: int = 0

    def __call__(self, request: Request) -> Response | None:
        """The failure, as long as it lasts."""
        if self.part not in request.url.path or self.seen >= self.times:
            return None
        self.seen += 1
        headers = self._rate_limit() if self.status == 429 else {}
        return PlainTextResponse("trouble\n", self.status, headers)

    def _rate_limit(self) -> dict[str, str]:
        return {
            "RateLimit": f'"api";r=0;t={self.wait_s}',
            "RateLimit-Policy": '"fixed window";"api";q=500;w=300',
        }
