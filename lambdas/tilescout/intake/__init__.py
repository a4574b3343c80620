"""Decisions about an upload before it is tiled: plan, page ranges, superseding, retry."""
