"""A shop on Django: its own table and the orders of crmflow, in one transaction."""
