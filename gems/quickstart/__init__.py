"""The quickstart hub: a small model hub of really trained checkpoints, for a laptop.

``build`` makes the repositories once, ``serving`` answers for them on loopback with the
Hub's own protocol, and ``tasks/`` holds the questions that they are asked.
"""

from gems.quickstart.build import build
from gems.quickstart.recipe import BASE_ID
from gems.quickstart.server import serve, serving
from gems.quickstart.tasks import TASKS

__all__ = ["BASE_ID", "TASKS", "build", "serve", "serving"]
