"""The revisions of the tables, one file each; a released one is never changed."""
