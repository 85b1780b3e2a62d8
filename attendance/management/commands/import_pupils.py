"""`import_pupils --school URN FILE`: pupils from a CSV file, with enrolments where it has them."""

from attendance.management.importing import ImportCommand
from attendance.models import ImportLayout


class Command(ImportCommand):
    help = "Import pupils. Exits with 0 only when the whole file was taken."
    layout = ImportLayout.PUPILS
