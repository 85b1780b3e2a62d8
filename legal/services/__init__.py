"""What changes cases: opening, notes, letters."""
