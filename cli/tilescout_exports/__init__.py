"""Detections in the formats of other programs. `registry.FORMATS` lists them."""
