"""Questions about cases: rows in, values out."""
