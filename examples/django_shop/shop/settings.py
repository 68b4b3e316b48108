"""
Settings of the shop.

`SHOP_DATABASE` names the database as crmflow does: `sqlite:///shop.db` where it is left out, or
`postgresql://user:password@host:port/database`.
"""

import os

from shop.database import named

SECRET_KEY = os.environ.get("SHOP_SECRET", "only for trying it out")
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
INSTALLED_APPS = ["shop"]
ROOT_URLCONF = "shop.urls"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": named(os.environ.get("SHOP_DATABASE", "sqlite:///shop.db"))}
