"""Models of a stack: versions, activation, status, cost and stopping."""
