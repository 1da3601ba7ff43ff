"""DBOS: workflows of five steps that do nothing, started in this process as fast as it can. Run by its own environment.

python dbos_five_steps.py SYSTEM_DATABASE_URL COUNT     prints the times of the first start and of the last end
"""

import sys
import time
import uuid

from dbos import DBOS, SetWorkflowID


@DBOS.step()
def work(number: int) -> int:
    return number


@DBOS.workflow()
def five(number: int) -> int:
    for _ in range(5):
        work(number)
    return number


def main() -> None:
    url, count = sys.argv[1], int(sys.argv[2])
    DBOS(
        config={
            "name": "bench",
            "system_database_url": url,
            "executor_id": uuid.uuid4().hex,
            "application_version": "1",
            "run_admin_server": False,
            "log_level": "ERROR",
        }
    )
    DBOS.launch()
    for handle in [DBOS.start_workflow(five, number) for number in range(10)]:
        handle.get_result()
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.time()
    handles = []
    for number in range(count):
        with SetWorkflowID(uuid.uuid4().hex):
            handles.append(DBOS.start_workflow(five, number))
    for handle in handles:
        handle.get_result()
    print(began, time.time(), flush=True)
    DBOS.destroy()


if __name__ == "__main__":
    main()
