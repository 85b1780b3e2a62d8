"""What a council says of itself on its penalty notices, and its own choices about their clock."""

from django.db import models
from django.db.models import Q

from authorities.models import TenantModel, User


class NoticeOffice(TenantModel):
    """Who a parent pays and writes to. One for each council.

    address, postcode  where to write; contact  a phone number or an e-mail address, as one phrase
    ways         how to pay, one way a line
    post_days    working days from the decision until a notice is posted: the paper's dates count
                 from the day that this gives
    deemed_days  the council's own working days from posting to receipt; None: the national number
    stops_clock  whether a representation stops the days to pay; None: as nationally
    version      goes up with each change: a form that was read before one is refused
    """

    name = models.CharField(max_length=120)
    address = models.TextField(max_length=400)
    postcode = models.CharField(max_length=10)
    contact = models.CharField(max_length=200)
    ways = models.TextField(max_length=1000)
    post_days = models.PositiveSmallIntegerField(default=0)
    deemed_days = models.PositiveSmallIntegerField(null=True)
    stops_clock = models.BooleanField(null=True)
    version = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("authority", name="one_notice_office_per_authority"),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(address="") & ~Q(postcode="") & ~Q(ways=""),
                name="notice_office_says_who_where_and_how",
            ),
        ]

    def __str__(self) -> str:
        return f"notice office {self.pk}"
