"""Detections in, tracklets with their best shots out; motion only, time in seconds."""
