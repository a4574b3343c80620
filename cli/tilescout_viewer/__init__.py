"""The viewer: a page on the loopback address that shows drawings, detections and reviews."""
