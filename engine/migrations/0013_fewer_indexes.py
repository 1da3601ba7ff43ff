"""An index less to write with each job: nothing looks for ready ones by their time alone."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("engine", "0012_search_indexes")]

    operations = [migrations.RemoveIndex(model_name="job", name="job_available")]
