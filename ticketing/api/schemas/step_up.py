"""Codes of the second factor, by which a key may do what moves money."""

from marshmallow import fields, validate

from ticketing.api.schemas.common import Strict, moment


class StepUpRequestSchema(Strict):
    """The present code of the authenticator app of the key's owner."""

    code = fields.String(
        required=True, validate=validate.Regexp(r"[0-9]{6}\Z"), metadata={"examples": ["287082"]}
    )


class StepUpSchema(Strict):
    """The end of the ten minutes in which the key may do what asks for a code."""

    until = moment(required=True)
