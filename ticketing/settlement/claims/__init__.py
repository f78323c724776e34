"""Answer what operators ask of a run: disputes about its lines, the trail of a ticket's money, and how each is shown."""
