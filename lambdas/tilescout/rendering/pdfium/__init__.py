"""Reads and draws documents by PDFium, and their objects by pikepdf. Runs in the child only."""

from __future__ import annotations
