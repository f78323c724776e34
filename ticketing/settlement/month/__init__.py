"""Close a month: what each operator has earned, what it is owed, and what the close leaves behind."""

from ticketing.settlement.month.anchor import TYPE as ANCHOR_TYPE
from ticketing.settlement.month.anchor import anchor as anchor_chain
from ticketing.settlement.month.breakage import end_carnets, entry_of
from ticketing.settlement.month.business_days import next_business_day
from ticketing.settlement.month.calculate import (
    ALLOCATED,
    converted,
    dataset,
    facts,
    owed_positions,
    paid_positions,
    payouts,
)
from ticketing.settlement.month.closing import close, list_blockers
from ticketing.settlement.month.fx import kept_rates
from ticketing.settlement.month.month_end import month_end as what_ends
from ticketing.settlement.month.netting import Netting, Obligation, net
from ticketing.settlement.month.positions import SCHEME
from ticketing.settlement.month.simulate import by_agreement as simulate_agreement
from ticketing.settlement.month.simulate import by_terms as simulate_terms

__all__ = [
    "ALLOCATED",
    "ANCHOR_TYPE",
    "SCHEME",
    "Netting",
    "Obligation",
    "anchor_chain",
    "close",
    "converted",
    "dataset",
    "end_carnets",
    "entry_of",
    "facts",
    "kept_rates",
    "list_blockers",
    "net",
    "next_business_day",
    "owed_positions",
    "paid_positions",
    "payouts",
    "simulate_agreement",
    "simulate_terms",
    "what_ends",
]
