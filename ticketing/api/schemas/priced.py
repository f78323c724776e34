"""The parts of a price: items, shares and taxes."""

from marshmallow import fields

from ticketing.api.schemas.closed_sets import MODES, TAX_SCOPES, TAX_TREATMENTS, one_of
from ticketing.api.schemas.common import Strict, money


class ShareSchema(Strict):
    """The share of one operator: gross = vat + fee + net."""

    operator = fields.String(required=True)
    gross = money(required=True)
    vat = money(required=True)
    fee = money(required=True)
    net = money(required=True)
    rule = fields.String(required=True)


class TaxSchema(Strict):
    """VAT by Member State; `XX` is the sea beyond territorial waters."""

    member_state = fields.String(required=True)
    mode = one_of(MODES, required=True)
    scope = one_of(TAX_SCOPES, required=True)
    treatment = one_of(TAX_TREATMENTS, required=True)
    rate_percent = fields.String(required=True)
    verified = fields.Boolean(required=True)
    distance_m = fields.Integer(required=True)
    gross = money(required=True)
    vat = money(required=True)


class ItemSchema(Strict):
    """One thing that is bought, and why this one."""

    seller = fields.String(required=True)
    fare_product_id = fields.String(required=True, allow_none=True)
    rider_category_id = fields.String(required=True, allow_none=True)
    fare_media_id = fields.String(required=True, allow_none=True)
    price = money(required=True)
    legs = fields.List(fields.Integer(), required=True)
    because = fields.String(required=True)
    held_ticket = fields.String()
