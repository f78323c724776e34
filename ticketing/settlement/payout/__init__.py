"""Pay a run: its approval by a second person, the bank accounts of those it pays, and the file for the bank."""
