"""The engine of crmflow, one for each process of the shop."""

from functools import cache

from django.db import connection

from crmflow import Actor, Engine
from shop.database import url_of

SHOP = Actor("web-shop", {"salesperson"})


@cache
def crm() -> Engine:
    """Return the engine over the database that Django uses, opened when it is first asked for."""
    url = url_of(connection.settings_dict)
    return Engine(url, machines=["order", "customer"], profile="demo")
