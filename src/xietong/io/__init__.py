"""Reading, checking and writing regions."""
