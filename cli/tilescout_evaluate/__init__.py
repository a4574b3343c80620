"""How right detections are, against what is on the pages. Metrics know no file and no AWS."""
