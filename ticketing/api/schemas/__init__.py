"""Schemas: what each call takes and gives. Unknown fields are refused, never ignored."""
