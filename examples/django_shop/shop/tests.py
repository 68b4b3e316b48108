"""The shop is tested as any other on Django: `python manage.py test`."""

from io import StringIO
from typing import Any
from unittest.mock import patch

from django.core.management import call_command
from django.db import transaction
from django.test import TransactionTestCase

from shop.crm import SHOP, crm
from shop.models import Purchase

BASKET = {"customer": "C-1001", "products": ["crane"]}


class Buying(TransactionTestCase):
    """What is bought is there twice, as a purchase and as an order, or not at all."""

    # Ids go on: an order stays when the tables of Django are emptied behind a test.
    reset_sequences = False

    @classmethod
    def tearDownClass(cls) -> None:
        """Close the engine, or the database of the tests could not be dropped."""
        crm().close()
        crm.cache_clear()
        super().tearDownClass()

    def buy(self, basket: dict[str, Any]) -> Any:  # noqa: ANN401 - the client's own kind
        """Return the answer to a purchase."""
        return self.client.post("/purchases", basket, content_type="application/json")

    def test_both_are_placed(self) -> None:
        """The order has the id of the purchase, and its messages are handed over."""
        with self.assertLogs("shop.views", "INFO"):
            answer = self.buy(BASKET)
        purchase = Purchase.objects.get()
        assert answer.status_code == 201
        assert answer.json() == {"id": purchase.pk, "state": "placed"}
        assert crm().get(("order", str(purchase.pk))).facts.customer == "C-1001"
        assert not crm().outbox()

    def test_a_refusal_leaves_neither(self) -> None:
        """Nor does a fault of the shop's own behind the order."""
        orders = len(list(crm().find("order")))
        answer = self.buy({**BASKET, "products": []})
        assert answer.status_code == 409
        assert any("no_products" in one for one in answer.json()["reasons"])
        with (
            patch.object(transaction, "on_commit", side_effect=ZeroDivisionError),
            self.assertRaises(ZeroDivisionError),
        ):
            self.buy(BASKET)
        assert Purchase.objects.count() == 0
        assert len(list(crm().find("order"))) == orders

    def test_the_worker_does_what_is_due(self) -> None:
        """It works over the shop's database, and ends when nothing is left to do."""
        crm().fire(self.placed(), "advise", ADVICE, actor=SHOP).require()
        told = StringIO()
        call_command("crmflow_worker", once=True, stdout=told)
        assert "fired 0" in told.getvalue()

    def placed(self) -> tuple[str, str]:
        """Return an order."""
        return ("order", str(self.buy(BASKET).json()["id"]))


ADVICE = {"advice": "mount it on rock", "dangers": "it falls", "liability": "the buyer"}
