"""SpiffWorkflow's own runtime with durability by the obvious way: the whole workflow as one JSON blob, saved after each task.

python spiff_five_tasks.py DATABASE_URL BPMN_FILE COUNT     prints the seconds
"""

import json
import sys
import time

import psycopg
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState


def main() -> None:
    url, file, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    parser = BpmnParser()
    parser.add_bpmn_file(file)
    spec = parser.get_spec("plain")
    serializer = BpmnWorkflowSerializer()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bench_spiff (id bigserial PRIMARY KEY, state jsonb)")
        connection.commit()
        began = time.perf_counter()
        for _ in range(count):
            workflow = BpmnWorkflow(spec)
            state = json.dumps(serializer.to_dict(workflow))
            row = connection.execute("INSERT INTO bench_spiff (state) VALUES (%s) RETURNING id", [state]).fetchone()
            assert row is not None
            connection.commit()
            while task := next(iter(workflow.get_tasks(state=TaskState.READY)), None):
                task.run()
                workflow.refresh_waiting_tasks()
                state = json.dumps(serializer.to_dict(workflow))
                connection.execute("UPDATE bench_spiff SET state = %s WHERE id = %s", [state, row[0]])
                connection.commit()
            assert workflow.is_completed()
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main()
