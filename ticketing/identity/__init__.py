"""Identity: who calls, with which role, for which operator or order."""
