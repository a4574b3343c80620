"""Pages that teach two networks what a symbol is: random glyphs among pipes, text and tables.

Nothing here is taken from a standard, a library of symbols or a drawing. A glyph is put together
by chance from outlines, contents and attachments, so what is learnt holds for any office.
"""
