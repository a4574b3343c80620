"""The Python API: results as typed objects, after their review, with pictures of each place."""

from __future__ import annotations

from tilescout_api.documents import Detection, Document, Documents, Page, Withheld
from tilescout_api.opening import open_folder, open_stack

__all__ = ["Detection", "Document", "Documents", "Page", "Withheld", "open_folder", "open_stack"]
