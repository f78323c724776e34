"""Letters to people who work here."""

from marshmallow import fields, validate

from ticketing.api.schemas.common import ShortList, Strict
from ticketing.notices import LANGUAGES
from ticketing.notices.work import MOST_ADDRESSES


class ReaderSchema(Strict):
    """A reader of letters."""

    address = fields.String(
        required=True, validate=validate.Length(3, 254), metadata={"examples": ["heli@hsl.example"]}
    )
    language = fields.String(load_default="en", validate=validate.OneOf(LANGUAGES))


class ReadersSchema(Strict):
    """All who get letters; an empty list ends them."""

    readers = ShortList(
        fields.Nested(ReaderSchema), required=True, validate=validate.Length(0, MOST_ADDRESSES)
    )
