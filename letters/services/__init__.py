"""What changes letters: drafting (people) and delivery (the worker)."""
