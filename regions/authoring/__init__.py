"""The author of Helsinki-Tallinn's feeds, one file an operator or a kind of them."""
