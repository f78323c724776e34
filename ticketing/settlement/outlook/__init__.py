"""Look at months before and after they are closed: figures, a preview of the close, long work and how far it is."""

from ticketing.db.settlement.office_work import Work
from ticketing.settlement.outlook.figures import Figures, Flow, NetOfMonth, get_figures, list_net
from ticketing.settlement.outlook.paying import export_unless_held, list_held
from ticketing.settlement.outlook.preview import Hindrance, Preview, look_ahead
from ticketing.settlement.outlook.work import ask as ask_work
from ticketing.settlement.outlook.work import carry_out as carry_out_work
from ticketing.settlement.outlook.work import get_work
from ticketing.settlement.outlook.work import list_asked as list_asked_work

__all__ = [
    "Figures",
    "Flow",
    "Hindrance",
    "NetOfMonth",
    "Preview",
    "Work",
    "ask_work",
    "carry_out_work",
    "export_unless_held",
    "get_figures",
    "get_work",
    "list_asked_work",
    "list_held",
    "list_net",
    "look_ahead",
]
