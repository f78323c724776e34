"""Run every race and print a table; a quiet machine's figures are kept (`benchmarks.page`)."""

import os

from rich.console import Console
from rich.table import Table

from benchmarks import harness, page
from benchmarks import sale as sales
from benchmarks.harness import Result
from benchmarks.races import RACES


def main() -> None:
    """Run the races one after the other."""
    console = Console()
    results: list[Result] = []
    for run in RACES:
        with console.status(run.__doc__ or ""):
            results += run()
    table = Table("race", "contender", "µs", "ratio", "spread", "goal", "", box=None)
    for result in results:
        table.add_row(*page.cells(result), result.verdict)
    console.print(table)
    with console.status("what a sale costs"):
        load = os.getloadavg()[0]
        sold = sales.section(sales.sales(), load)
    if busy := harness.why_busy():
        console.print(f"{busy}: {page.PAGE} and the results of before stay.")
        return
    page.keep(results, sold)


if __name__ == "__main__":
    main()
