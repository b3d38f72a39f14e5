"""Shots in, unit vectors out."""
