"""Run by pretix's own Python: an organizer with one event, one product without end, a check-in list and a token of the API.

It imports nothing of ours, and prints what the race needs as one line of JSON.
"""

import json
import os
from datetime import timedelta
from decimal import Decimal

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pretix.settings")
django.setup()

from django.utils.timezone import now  # noqa: E402  Django must know its settings first
from django_scopes import scopes_disabled  # noqa: E402
from pretix.base.models import Event, Organizer, Team  # noqa: E402
from pretix.base.models.organizer import TeamAPIToken  # noqa: E402

with scopes_disabled():
    organizer = Organizer.objects.create(name="Bench", slug="bench")
    event = Event.objects.create(
        organizer=organizer,
        name="Tram",
        slug="tram",
        currency="EUR",
        date_from=now() + timedelta(days=1),
        live=True,
        plugins="",
    )
    item = event.items.create(name="Single", default_price=Decimal("2.00"), admission=True)
    quota = event.quotas.create(name="Seats", size=None)
    quota.items.add(item)
    gate = event.checkin_lists.create(name="Gate", all_products=True)
    team = Team.objects.create(
        organizer=organizer,
        name="Bench",
        all_events=True,
        all_event_permissions=True,
        all_organizer_permissions=True,
    )
    token = TeamAPIToken.objects.create(team=team, name="bench")
    print(json.dumps({"item": item.pk, "list": gate.pk, "token": token.token}))
