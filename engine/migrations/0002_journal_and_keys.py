"""What Django's models cannot say: the sequence of keys, the partitioned journal, the storage of the hot tables."""

from django.db import migrations, models

import engine.models.fields

KEYS = """
CREATE SEQUENCE stepwell_key_block AS bigint MINVALUE 1 MAXVALUE 549755813887;
"""

JOURNAL = """
CREATE SEQUENCE engine_journalentry_position AS bigint;
CREATE TABLE engine_journalentry (
    instance_key bigint NOT NULL,
    sequence integer NOT NULL,
    position bigint NOT NULL DEFAULT nextval('engine_journalentry_position'),
    definition_key bigint NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL,
    inputs json NOT NULL,
    facts json NOT NULL,
    CONSTRAINT journal_sequence_unique PRIMARY KEY (instance_key, sequence),
    CONSTRAINT journal_sequence_from_1 CHECK (sequence >= 1)
) PARTITION BY RANGE (instance_key);
CREATE INDEX journal_position ON engine_journalentry (position);
ALTER SEQUENCE engine_journalentry_position OWNED BY engine_journalentry.position;
CREATE TABLE engine_journalentry_default PARTITION OF engine_journalentry DEFAULT;
CREATE TABLE engine_journalentry_0 PARTITION OF engine_journalentry FOR VALUES FROM (0) TO (17592186044416);
"""

STORAGE = """
ALTER TABLE engine_instancestate SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE engine_pendinginput SET (autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE engine_job SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE engine_timer SET (autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE engine_processinstance SET (fillfactor = 90);
"""


STATE = [
    migrations.CreateModel(
        name="JournalEntry",
        fields=[
            (
                "pk",
                models.CompositePrimaryKey(
                    "instance_key", "sequence", blank=True, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("instance_key", models.BigIntegerField()),
            ("sequence", models.IntegerField()),
            (
                "position",
                models.BigIntegerField(
                    db_default=models.Func(models.Value("engine_journalentry_position"), function="nextval"),
                    editable=False,
                ),
            ),
            ("definition_key", models.BigIntegerField()),
            ("at", models.DateTimeField()),
            ("by", models.TextField()),
            ("inputs", engine.models.fields.DocumentField()),
            ("facts", engine.models.fields.DocumentField()),
        ],
        options={
            "db_table": "engine_journalentry",
        },
    ),
]  # STATE


class Migration(migrations.Migration):
    dependencies = [("engine", "0001_initial")]

    operations = [
        migrations.RunSQL(KEYS, "DROP SEQUENCE stepwell_key_block"),
        migrations.RunSQL(JOURNAL, "DROP TABLE engine_journalentry", state_operations=STATE),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
    ]
