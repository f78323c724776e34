"""Hold the bank's statements against what runs pay: read camt files, match lines, book them, clear what nobody knows."""
