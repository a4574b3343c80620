"""Reviews of detections by people: corrections, the changes that led to them, and their effect."""
