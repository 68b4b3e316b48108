"""What can be asked of the shop."""

import json
import logging

from django.db import connection, transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from crmflow import RefusedError
from shop.crm import SHOP, crm
from shop.models import Purchase

log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def buy(request: HttpRequest) -> JsonResponse:
    """Place a purchase and its order; where the order is refused, there is no purchase."""
    basket, engine = json.loads(request.body), crm()
    try:
        with transaction.atomic(), engine.joined(connection) as here:
            purchase = Purchase.objects.create(customer=basket["customer"])
            order = {**basket, "order_class": "normal"}
            decision = here.create("order", order, actor=SHOP, id=str(purchase.pk)).require()
            # As the messages of the order are: only once both are there.
            transaction.on_commit(lambda: log.info("%s is placed", purchase))
    except RefusedError as refusal:
        return JsonResponse({"reasons": refusal.reasons}, status=409)
    return JsonResponse({"id": purchase.pk, "state": decision.snapshot.state}, status=201)
