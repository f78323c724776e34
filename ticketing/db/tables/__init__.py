"""The tables, a file an aggregate; `schema` names them all."""
