"""Measures how accurate detections are against ground truth. Metrics know no file and no AWS."""
