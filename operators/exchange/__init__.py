"""File exchange: for operators that can only read and write CSV files; the format, and a folder as post office."""
