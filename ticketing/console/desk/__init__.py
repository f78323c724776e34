"""The desk: orders, cases, claims, disputed lines, disruptions, incidents and live data, as somebody calls about them."""

from ticketing.console.desk import cases, claims, disputes, disruptions, drafting, incidents, live, orders

__all__ = ["cases", "claims", "disputes", "disruptions", "drafting", "incidents", "live", "orders"]
