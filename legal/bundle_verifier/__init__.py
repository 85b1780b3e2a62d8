"""The program that checks a court bundle without Onroll. Nothing here imports anything else."""
