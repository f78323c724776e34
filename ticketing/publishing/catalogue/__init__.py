"""The catalogue of open data for national access points: mobilityDCAT-AP, in Turtle and JSON-LD."""

from ticketing.publishing.catalogue.described import catalogue
from ticketing.publishing.catalogue.rdf import jsonld, turtle

__all__ = ["catalogue", "jsonld", "turtle"]
