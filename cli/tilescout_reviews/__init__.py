"""What people say of detections: corrections, the changes that led to them, and their effect."""
