"""`import_adults --school URN FILE`: parents and other adults from a CSV file."""

from attendance.management.importing import ImportCommand
from attendance.models import ImportLayout


class Command(ImportCommand):
    help = "Import adults. Exits with 0 only when the whole file was taken."
    layout = ImportLayout.ADULTS
