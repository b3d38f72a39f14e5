"""The way in: footage to library."""
