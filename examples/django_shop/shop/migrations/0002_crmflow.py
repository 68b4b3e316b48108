"""The tables of crmflow, as the release that is installed has them."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from crmflow.storage.ddl import ddl


def make(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Make them; later releases bring them up to date by `crmflow db upgrade`."""
    for statement in ddl(editor.connection.vendor):
        editor.execute(statement, None)


class Migration(migrations.Migration):
    """Makes the tables of crmflow."""

    dependencies = [("shop", "0001_initial")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
