"""Simulates a year of sheets and counts false alarms and changes that are found in time."""
