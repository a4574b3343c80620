"""Finds symbols like an example on scanned pages, from pixels instead of strokes.

Ink and its direction per pixel (`ink`) are correlated with the example's (`proposals`); each place
is aligned by least squares (`alignment`), measured and scored (`scoring`), tile by tile (`search`).
Sizes are in pixels of a page that is shrunk until the symbol's longer side has 44 of them.
"""
