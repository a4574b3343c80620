"""Reads and draws documents by PyMuPDF. Runs in the rendering child only."""

from __future__ import annotations
