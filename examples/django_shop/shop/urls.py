"""Where it can be asked."""

from django.urls import path

from shop.views import buy

urlpatterns = [path("purchases", buy)]
