"""The queue of a rush: whoever cannot order at once is told a place and a time."""

from ticketing.api.door.entry import QUEUE_TICKET, Door, door_of, doors_of, register

__all__ = ["QUEUE_TICKET", "Door", "door_of", "doors_of", "register"]
