"""The report: one HTML page that opens offline, for a person who was not there."""

from gems.report.page import render

__all__ = ["render"]
