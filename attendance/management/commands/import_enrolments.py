"""`import_enrolments --school URN FILE`: enrolments from a CSV file."""

from attendance.management.importing import ImportCommand
from attendance.models import ImportLayout


class Command(ImportCommand):
    help = "Import enrolments. Exits with 0 only when the whole file was taken."
    layout = ImportLayout.ENROLMENTS
