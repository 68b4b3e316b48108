"""The shop's own tables."""

from __future__ import annotations

from datetime import datetime

from django.db import models


class Purchase(models.Model):
    """What somebody bought; the order has the same id."""

    customer: models.CharField[str, str] = models.CharField(max_length=40)
    bought_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"purchase {self.pk} of {self.customer}"
