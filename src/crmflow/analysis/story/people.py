"""The people of the story's company: posts, departments and superiors, and who never asks twice."""

from __future__ import annotations

from crmflow.core.people import Person
from crmflow.directory import ListedDirectory

__all__ = ["STAFF"]

# Each post has one holder, so that every approval finds somebody else than who asked for it.
STAFF = ListedDirectory(
    (
        Person("gm-1", ("general_manager", "senior_management"), ("management",)),
        Person("deputy-1", ("deputy_gm",), ("management",), "gm-1"),
        Person("root-1", ("administrator",), ("management",), "gm-1"),
        Person("office-1", ("administration",), ("management",), "gm-1"),
        # Sales
        Person("head-1", ("department_head", "business_supervisor"), ("sales",), "gm-1"),
        Person("sales-1", ("salesperson",), ("sales",), "head-1"),
        Person("desk-1", ("sales_service",), ("sales",), "head-1"),
        Person("purchasing-1", ("purchasing",), ("purchasing",), "gm-1"),
        Person("kad-1", ("key_account_department",), ("key_accounts",), "gm-1"),
        Person("kam-1", ("key_account_manager",), ("key_accounts",), "kad-1"),
        # Service
        Person("manager-1", ("service_manager",), ("service",), "gm-1"),
        Person("service-head-1", ("service_head",), ("service",), "manager-1"),
        Person("supervisor-1", ("service_supervisor",), ("service",), "manager-1"),
        Person("service-1", ("customer_service",), ("service",), "supervisor-1"),
        Person("service-2", ("customer_service",), ("service",), "supervisor-1"),
        Person("team-1", ("special_team",), ("service",), "supervisor-1"),
        Person("host-1", ("reception",), ("service",), "manager-1"),
        Person("after-1", ("after_sales",), ("after_sales",), "after-head-1"),
        Person("after-head-1", ("after_sales_manager",), ("after_sales",), "gm-1"),
        # Marketing
        Person("marketing-1", ("marketing_manager",), ("marketing",), "gm-1"),
        Person("news-1", ("marketing_department",), ("marketing",), "marketing-1"),
        Person("keeper-1", ("file_keeper",), ("marketing",), "marketing-1"),
        # Production and money
        Person("works-head-1", ("department_manager",), ("production",), "deputy-1"),
        Person("works-1", ("main_department",), ("production",), "works-head-1"),
        Person("trainer-1", ("manager_of_newcomers",), ("production",), "gm-1"),
        Person("money-1", ("finance_manager",), ("finance",), "gm-1"),
        Person("finance-1", ("finance",), ("finance",), "money-1"),
    )
)
"""Everybody whom the company employs, by id; the customer's people are asked for nothing."""
