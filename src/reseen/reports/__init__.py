"""Moments for people: table, JSON, CSV, HTML, clips.

In: a search result and the library it came from. Out: text, one self-contained HTML file, video clips. Jinja2 draws
the page; ``media`` cuts the clips.
"""

from reseen.reports.clips import ClipSettings, WrittenClip, check_clips_place, write_clips
from reseen.reports.document import ResultDocument, document, moment_document
from reseen.reports.page import ReportSettings, check_report_place, write_report
from reseen.reports.spreadsheet import csv_text
from reseen.reports.table import TableText, coverage_lines, table

__all__ = [
    "ClipSettings",
    "ReportSettings",
    "ResultDocument",
    "TableText",
    "WrittenClip",
    "check_clips_place",
    "check_report_place",
    "coverage_lines",
    "csv_text",
    "document",
    "moment_document",
    "table",
    "write_clips",
    "write_report",
]
