"""Make the files of a dataset for a month once, and find them again: whoever asks a second time gets the same bytes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ticketing.db.publishing import facts, releases
from ticketing.db.publishing.releases import FileKey, NewFile, OpenFile, Spending, SpentBefore
from ticketing.errors import Conflict, InvalidRequest, NotFound
from ticketing.publishing import tables
from ticketing.publishing.datasets import DATASETS, Dataset
from ticketing.publishing.desk import Month, PublishingDesk
from ticketing.publishing.privacy import MICRO, Needed, protect, refusal
from ticketing.regions import Region

# The worker looks so far back: a deployment that stood still for a while loses no month.
_MONTHS_BACK = 3


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """A dataset of a month that can be published and never was."""

    region: str
    dataset: str
    month: str


def make(desk: PublishingDesk, region: str, dataset: str, month: str) -> list[OpenFile]:
    """Publish a dataset of a month, or give the files that were published; nothing is ever drawn twice.

    Raises NotFound for what is not published here, and Conflict where the month is not over or too old, or its budget is spent.
    """
    here, wanted, when = desk.region(region), _dataset(dataset), Month.read(month)
    kept = _kept(desk, region, wanted, when)
    if len(kept) == len(wanted.parts):
        return kept
    _require_settled(desk, here, when)
    new = _drawn(desk, here, wanted, when)
    try:
        with desk.database.write() as tx:
            spent = releases.spent_micro(tx, region, dataset, month)
            no = refusal(spent, _needed(wanted), _budget_micro(here, wanted))
            if no is None:
                releases.put_files(tx, new, desk.clock.now())
    except SpentBefore:
        no = "its privacy was spent before"
    kept = _kept(desk, region, wanted, when)
    if len(kept) < len(wanted.parts):
        raise Conflict(f"{dataset} of {month} is not published: {no}")
    return kept


def get_file(desk: PublishingDesk, region: str, dataset: str, month: str, part: str) -> OpenFile:
    """Read a published file; raises NotFound where it is not published (yet), or was withdrawn."""
    desk.region(region)
    with desk.database.read() as tx:
        kept = releases.find_file(tx, FileKey(region, dataset, month, part))
    if kept is None:
        raise NotFound(
            f"{dataset}/{month}/{part}.csv is not published: a month is from the eleventh day after its end on, "
            "and one that was withdrawn never is again"
        )
    return kept


def list_due(desk: PublishingDesk) -> list[Due]:
    """List the datasets of past months that are to be published; one whose budget does not allow it is left out."""
    due = []
    for name, region in desk.regions.items():
        if region.data.open_data is None:
            continue
        with desk.database.read() as tx:
            spent = {(one.key.dataset, one.key.month) for one in releases.list_spendings(tx, name)}
        for dataset in DATASETS.values():
            if refusal(0, _needed(dataset), _budget_micro(region, dataset)) is None:
                months = [month.name for month in _months(desk, region)]
                due += [Due(name, dataset.name, at) for at in months if (dataset.name, at) not in spent]
    return sorted(due)


def list_spendings(desk: PublishingDesk, region: str) -> list[Spending]:
    """List the spendings of a region, each with whether its file still lies open; raises NotFound."""
    desk.region(region)
    with desk.database.read() as tx:
        return releases.list_spendings(tx, region)


def withdraw(desk: PublishingDesk, region: str, dataset: str, month: str) -> int:
    """Take the files of a month back; answers how many. Their privacy stays spent, so they are never made again."""
    desk.region(region)
    _dataset(dataset)
    with desk.database.write() as tx:
        return releases.withdraw_files(tx, region, dataset, Month.read(month).name)


def spend_unknown(desk: PublishingDesk, region: str) -> list[Due]:
    """Spend the privacy of every table that could have been published and is not in the ledger: after a restore nobody knows.

    A table that was published after the backup would be drawn a second time, and two draws are weaker than one.
    """
    here, now, unknown = desk.region(region), desk.clock.now(), []
    with desk.database.write() as tx:
        for dataset in DATASETS.values():
            for month in _settled_months(desk, here):
                keys = [FileKey(region, dataset.name, month.name, part.name) for part in dataset.parts]
                spent = [
                    releases.spend(
                        tx,
                        NewFile(
                            key=key, content=b"", epsilon_micro=part.rule.epsilon_micro, unit=part.rule.unit
                        ),
                        now,
                    )
                    for key, part in zip(keys, dataset.parts, strict=True)
                ]
                if any(spent):
                    unknown.append(Due(region, dataset.name, month.name))
    return sorted(unknown)


def budget_of(region: Region, dataset: Dataset) -> float:
    """The most that may be spent of the privacy of one month: the region's own word, else as much as the dataset needs."""
    return _budget_micro(region, dataset) / MICRO


def _dataset(name: str) -> Dataset:
    dataset = DATASETS.get(name)
    if dataset is None:
        raise InvalidRequest.at("dataset", f"must be one of {', '.join(DATASETS)}")
    return dataset


def _kept(desk: PublishingDesk, region: str, dataset: Dataset, month: Month) -> list[OpenFile]:
    keys = [FileKey(region, dataset.name, month.name, part.name) for part in dataset.parts]
    with desk.database.read() as tx:
        files = [releases.find_file(tx, key) for key in keys]
    return [file for file in files if file is not None]


def _require_settled(desk: PublishingDesk, region: Region, month: Month) -> None:
    """Raise Conflict for a month that cannot be counted in full."""
    terms = region.data.open_data
    if terms is not None and month.name < terms.since:
        raise Conflict(f"{region.data.id} publishes from {terms.since} on")
    if desk.clock.now() < month.settled_at:
        raise Conflict(f"{month.name} can be published from {month.settled_at:%Y-%m-%d} on: gates tell late")
    with desk.database.read() as tx:
        kept_since = facts.facts_kept_since(tx)
    if kept_since is not None and kept_since > month.span[0]:
        raise Conflict(f"facts of {month.name} have been deleted: it cannot be counted any more")


def _drawn(desk: PublishingDesk, region: Region, dataset: Dataset, month: Month) -> list[NewFile]:
    """Count, protect and write every table; the counts themselves go nowhere else."""
    with desk.database.read() as tx:
        counted = dataset.read(tx, region, month)
    return [
        NewFile(
            key=FileKey(region.data.id, dataset.name, month.name, part.name),
            content=tables.write(
                part, protect(counted[part.name].domain, counted[part.name].counts, part.rule, desk.noise)
            ),
            epsilon_micro=part.rule.epsilon_micro,
            unit=part.rule.unit,
        )
        for part in dataset.parts
    ]


def _needed(dataset: Dataset) -> Iterable[Needed]:
    return [Needed(part.name, part.rule.epsilon_micro) for part in dataset.parts]


def _budget_micro(region: Region, dataset: Dataset) -> int:
    terms = region.data.open_data
    needs = sum(part.rule.epsilon_micro for part in dataset.parts)
    own = None if terms is None else terms.budgets.get(dataset.name)
    return needs if own is None else round(own * MICRO)


def _settled_months(desk: PublishingDesk, region: Region) -> Iterator[Month]:
    """Yield every month since the region publishes that could be published now, the newest first."""
    terms, month = region.data.open_data, Month.of(desk.clock.now().date()).before
    while terms is not None and month.name >= terms.since:
        if desk.clock.now() >= month.settled_at:
            yield month
        month = month.before


def _months(desk: PublishingDesk, region: Region) -> Iterator[Month]:
    """Yield the last months that are over and published by the region's terms, the newest first."""
    terms, month = region.data.open_data, Month.of(desk.clock.now().date()).before
    for _ in range(_MONTHS_BACK):
        if terms is not None and month.name >= terms.since and desk.clock.now() >= month.settled_at:
            yield month
        month = month.before
