"""Questions about pupils, registers and standings: rows in, rules' values out."""
