"""The rules of a detection run: lease, reservations, pacing, model lifecycle, guard duties."""
