"""Renders the pages of a PDF by MuPDF, in a child process that can be killed."""

from __future__ import annotations
