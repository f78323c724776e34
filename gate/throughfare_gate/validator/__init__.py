"""The validator: a gate that decides by itself, keeps every scan, and tells them when it can.

It imports what decides and what reads signatures, and nothing of the service: no database of the service, no Flask.
"""
