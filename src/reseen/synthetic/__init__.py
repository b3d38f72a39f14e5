"""Rendered footage with ground truth; imports no other room."""
