"""Signed texts with one character changed, for the tests of whatever must refuse them."""


def spoiled(token: str) -> str:
    """Return the token with another signature: ten characters before its end, one character is another.

    Every bit of that character counts. To write `A` over the last characters instead leaves one signature
    of 256 as it was, and the last character of all carries bits that a reader ignores or must refuse.
    """
    at = len(token) - 10
    return token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
