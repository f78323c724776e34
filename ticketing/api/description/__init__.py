"""The description of the API (`/openapi.json`): whatever schemas and views do not say themselves, and the types of problems.

`complete` writes it into the document that flask-smorest makes. The sentences are data: `operations.toml` names each
operation, `fields.toml` each field, `problem_types.toml` each type of problem.
"""

from ticketing.api.description.document import complete
from ticketing.api.description.errors import example
from ticketing.api.description.problem_types import ProblemType, known_type, page, path_of, problem_types
from ticketing.api.description.public import TAG, public_paths
from ticketing.api.description.tables import call_of

__all__ = [
    "TAG",
    "ProblemType",
    "call_of",
    "complete",
    "example",
    "known_type",
    "page",
    "path_of",
    "problem_types",
    "public_paths",
]
