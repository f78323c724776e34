"""Tell operators and the authorities what a run says: statements, returns of VAT, the journal, and the files of a run."""

from ticketing.db.books.statement_lines import LineFilter
from ticketing.settlement.statement.as_csv import to_csv
from ticketing.settlement.statement.export import export as export_run
from ticketing.settlement.statement.export import exported_parts, file_name, statement_parts
from ticketing.settlement.statement.export import journal as journal_of
from ticketing.settlement.statement.journal import FORMATS, Format
from ticketing.settlement.statement.letterhead import debts_told
from ticketing.settlement.statement.lines import AMOUNTS, Line, Sums, journey_of, lines_like
from ticketing.settlement.statement.lines import amounts as amounts_of
from ticketing.settlement.statement.lines import count as count_lines
from ticketing.settlement.statement.lines import foot as foot_of
from ticketing.settlement.statement.lines import others as other_lines
from ticketing.settlement.statement.lines import page as page_of_lines
from ticketing.settlement.statement.lines import parties as list_parties
from ticketing.settlement.statement.lines import stream as stream_lines
from ticketing.settlement.statement.lines import totals as sum_lines
from ticketing.settlement.statement.uic import to_json as uic_json
from ticketing.settlement.statement.words import rule_words
from ticketing.settlement.statement.working import SORTS, WorkingPage
from ticketing.settlement.statement.working import csv_of as csv_of_lines
from ticketing.settlement.statement.working import page_of as working_page
from ticketing.settlement.statement.zipped import zip_of as zip_of_run

__all__ = [
    "AMOUNTS",
    "FORMATS",
    "SORTS",
    "Format",
    "Line",
    "LineFilter",
    "Sums",
    "WorkingPage",
    "amounts_of",
    "count_lines",
    "csv_of_lines",
    "debts_told",
    "export_run",
    "exported_parts",
    "file_name",
    "foot_of",
    "journal_of",
    "journey_of",
    "lines_like",
    "list_parties",
    "other_lines",
    "page_of_lines",
    "rule_words",
    "statement_parts",
    "stream_lines",
    "sum_lines",
    "to_csv",
    "uic_json",
    "working_page",
    "zip_of_run",
]
