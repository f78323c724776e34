"""Rows of what is published: the facts that are counted, the spending of privacy, and the files."""
