"""Is this copy fit to serve? Asked by ./onroll, by load balancers, by people."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, JsonResponse

NOT_OURS = """
SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user
UNION ALL
SELECT true FROM pg_class WHERE relowner = current_user::regrole AND relkind = 'r' LIMIT 1
"""


@login_not_required
def ready(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and our role there owns nothing and bypasses nothing."""
    with connection.cursor() as cursor:
        cursor.execute(NOT_OURS)
        dangerous = any(row[0] for row in cursor.fetchall())
    if dangerous:
        return JsonResponse({"status": "the database role could bypass tenancy"}, status=503)
    return JsonResponse({"status": "ready"})
