"""What happens to an upload before it is tiled: plan, page ranges, superseding, retry."""
