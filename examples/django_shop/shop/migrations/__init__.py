"""What was made of the tables, in order."""
