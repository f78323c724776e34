"""Close a month: what each operator has earned, what it is owed, and what the close leaves behind."""
