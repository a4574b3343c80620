"""Pages of a PDF as facts, tiles and words, by MuPDF in a child process that can be killed."""

from __future__ import annotations
