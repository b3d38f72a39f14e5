"""Footage in, frames out (PyAV, Pillow).

Knows time, rotation and damage; knows nothing of people.
"""
