"""The shop's tables."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Makes the table of purchases."""

    initial = True

    operations = [
        migrations.CreateModel(
            name="Purchase",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("customer", models.CharField(max_length=40)),
                ("bought_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
    ]
