"""Calls the service COUNT times with 16 requests at a time and waits for each answer. Prints the seconds.

python restate_client.py INGRESS COUNT
"""

import http.client
import sys
import threading
import time


def main() -> None:
    host, count = sys.argv[1], int(sys.argv[2])
    numbers = iter(range(count))
    lock = threading.Lock()

    def call() -> None:
        connection = http.client.HTTPConnection(host, timeout=120)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            connection.request("POST", "/Five/run", str(number), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, body

    threads = [threading.Thread(target=call) for _ in range(16)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main()
