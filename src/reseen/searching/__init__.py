"""The way out: photo to moments."""
