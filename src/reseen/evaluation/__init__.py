"""The field's measures in numpy; imports no other room."""
