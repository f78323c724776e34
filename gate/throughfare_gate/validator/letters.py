"""Large letters for a kiosk: five rows of pixels each, for the capitals that the sentences for passengers have."""

ROWS = 5
_DRAWN = """
A .#. #.# ### #.# #.#      B ##. #.# ##. #.# ##.      C .## #.. #.. #.. .##      D ##. #.# #.# #.# ##.
E ### #.. ##. #.. ###      F ### #.. ##. #.. #..      G .## #.. #.# #.# .##      H #.# #.# ### #.# #.#
I # # # # #                J ..# ..# ..# #.# .#.      K #.# #.# ##. #.# #.#      L #.. #.. #.. #.. ###
N #..# ##.# #.## #..# #..# O ### #.# #.# #.# ###      P ##. #.# ##. #.. #..      Q ### #.# #.# ### ..#
R ##. #.# ##. #.# #.#      S .## #.. .#. ..# ##.      T ### .#. .#. .#. .#.      U #.# #.# #.# #.# ###
V #.# #.# #.# #.# .#.      X #.# #.# .#. #.# #.#      Y #.# #.# .#. .#. .#.      Z ### ..# .#. #.. ###
M #...# ##.## #.#.# #...# #...#                       W #...# #...# #.#.# ##.## #...#
Ä #.# ... .#. ### #.#      Å .#. ... .#. ### #.#      Ö #.# ... ### #.# ###      Ü #.# ... #.# #.# ###
Õ .#.# #.#. #### #..# #### : . # . # .                , . . . # #                . . . . . #
' # . . . .                - .. .. ## .. ..
"""
_WORDS = _DRAWN.split()
_LETTERS = {
    _WORDS[start]: tuple(_WORDS[start + 1 : start + 1 + ROWS]) for start in range(0, len(_WORDS), 1 + ROWS)
}
_BETWEEN_WORDS = ".."


def drawn(words: str) -> list[str]:
    """Draw one line of capitals as rows of `#` and `.`; no row where a letter has no drawing."""
    if not words or not set(words) <= {" ", *_LETTERS}:
        return []
    letters = [_LETTERS.get(one, (_BETWEEN_WORDS,) * ROWS) for one in words]
    return [".".join(row) for row in zip(*letters, strict=True)]
