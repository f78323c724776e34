"""List the ways on for the disrupted legs of an order's tickets, with the places that operators tell now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from operators.place_kinds import FOOT, kind_of
from tariffs.journey import Ride
from tariffs.money import Money
from ticketing.db import Transaction
from ticketing.db.disruption import place_holds, reroutings
from ticketing.db.disruption.place_holds import PlaceHold
from ticketing.db.disruption.reroutings import Rerouting
from ticketing.db.ticket.tickets import Ticket
from ticketing.rerouting.options import AnotherWay, DisruptedLeg, Option, options_of
from ticketing.rerouting.other_ways import find_other_way
from ticketing.rerouting.scene import (
    OnwardRides,
    ReroutingDesk,
    Scene,
    around_of,
    ask_places,
    find_money,
    list_disrupted,
    read_onward,
    read_scene,
)

# What is not done for a holder: no place is held before they choose, and no other line takes a car or a cabin.
Note = Literal["not_held", "people_only"]
NOTES: tuple[Note, ...] = get_args(Note)


@dataclass(frozen=True, slots=True)
class Question:
    """A leg by which the holder of a ticket cannot travel as sold: its ride, and the rides that follow."""

    ticket: Ticket
    leg: DisruptedLeg
    ride: Ride
    onward: OnwardRides


@dataclass(frozen=True, slots=True)
class LegChoice:
    """A question with its ways on; `chosen` is the last one that was chosen for the departure on the ticket, or is asked for.

    `held` are the places that are held for the holder of the ticket on one of them. `notes` say what is not done for them.
    """

    question: Question
    options: Sequence[Option]
    chosen: Rerouting | None = None
    held: PlaceHold | None = None
    notes: Sequence[Note] = ()


def list_choices(desk: ReroutingDesk, order_id: str) -> list[LegChoice]:
    """List the disrupted legs of an order's tickets with their ways on; raises NotFound."""
    with desk.database.read() as tx:
        scene = read_scene(tx, desk, order_id)
        chosen = reroutings.list_of_order(tx, order_id)
        holds = place_holds.list_open_of(tx, order_id)
        questions = list_questions(tx, desk, scene)
    onward = [question.onward for question in questions]
    free = ask_places(desk, scene.order.region, onward) if questions else {}
    now = desk.clock.now()
    choices = []
    money = _Money(desk, scene)
    others = _OtherWays(desk, scene, questions)
    for question in questions:
        back = money.back_for(question)
        held = _held_for(holds, question)
        around = around_of(desk, scene, question.ticket, question.onward, free, back=back, held=held)
        around = replace(around, way=others.way_for(question))
        ways = options_of(question.leg, around, now)
        notes = tuple(_notes(desk, scene, question, ways)) if held is None else ()
        choices.append(LegChoice(question, ways, chosen_of(chosen, question), held, notes))
    return choices


def _notes(desk: ReroutingDesk, scene: Scene, question: Question, ways: Sequence[Option]) -> Iterator[Note]:
    """Say why no place is held for a holder who has not chosen, and why other lines do not take what travels with people."""
    connector = desk.till.connector(scene.order.region, question.ride.operator)
    keeps = connector is not None and connector.capabilities.cancels == "never"
    if keeps and any(way.kind == "later_departure" for way in ways):
        yield "not_held"
    if kind_of(question.ticket.document.rider) != FOOT and question.onward.others:
        yield "people_only"


def _held_for(holds: Sequence[PlaceHold], question: Question) -> PlaceHold | None:
    """Find what is held for the holder of a ticket on a leg."""
    ref = question.ticket.passenger_ref
    mine = [one for one in holds if one.leg == question.leg.at and ref in one.passengers]
    return mine[-1] if mine else None


def list_questions(tx: Transaction, desk: ReroutingDesk, scene: Scene) -> list[Question]:
    """List the disrupted legs of an order's tickets, with the rides that follow them: read once for all who hold the same."""
    region = scene.order.region
    read: dict[tuple[DisruptedLeg, Ride], OnwardRides] = {}
    questions = []
    for ticket in scene.live:
        for leg, ride in list_disrupted(desk, scene, ticket):
            onward = read.get((leg, ride))
            if onward is None:
                onward = read[leg, ride] = read_onward(tx, desk, region, leg, ride)
            questions.append(Question(ticket, leg, ride, onward))
    return questions


class _OtherWays:
    """The other ways of an order: searched once for all who have missed the same departure."""

    def __init__(self, desk: ReroutingDesk, scene: Scene, questions: Sequence[Question]) -> None:
        self._desk, self._scene, self._questions = desk, scene, questions
        self._known: dict[DisruptedLeg, AnotherWay | None] = {}

    def way_for(self, question: Question) -> AnotherWay | None:
        """Find the way for the passengers of a question's leg."""
        if question.leg not in self._known:
            together = [one.ticket for one in self._questions if one.leg == question.leg]
            about = question.leg, question.ride, question.onward
            region = self._scene.order.region
            self._known[question.leg] = find_other_way(self._desk, region, about, together)
        return self._known[question.leg]


class _Money:
    """The money that comes back for passengers of an order: asked once for all of one kind."""

    def __init__(self, desk: ReroutingDesk, scene: Scene) -> None:
        self._desk, self._scene = desk, scene
        self._known: list[tuple[object, Money | None]] = []

    def back_for(self, question: Question) -> Money | None:
        """Find what comes back whole for the passenger of a question."""
        kind = self._kind_of(question)
        for other, money in self._known:
            if other == kind:
                return money
        ref = question.ticket.passenger_ref
        money = find_money(self._desk, self._scene.order.id, ref, question.leg.at)
        self._known.append((kind, money))
        return money

    def _kind_of(self, question: Question) -> object:
        """All on which the money of a passenger depends, but for their name."""
        ticket = question.ticket
        priced = self._scene.quote.document.passenger(ticket.passenger_ref)
        nameless = replace(priced, passenger=replace(priced.passenger, ref=""))
        return (
            nameless,
            ticket.document,
            ticket.status,
            ticket.product,
            question.leg,
            self._scene.used(ticket),
        )


def chosen_of(choices: Sequence[Rerouting], question: Question) -> Rerouting | None:
    """Find the last choice of a passenger for the departure on their ticket; None where there is none."""
    mine = [
        choice
        for choice in choices
        if choice.state != "failed"
        and choice.leg == question.leg.at
        and choice.was_departs_at == question.leg.departs_at
        and question.ticket.passenger_ref in choice.passengers
    ]
    return mine[-1] if mine else None
