"""Moments for people: table, JSON, CSV, HTML, clips."""
