"""Restate: a service with five durable steps that do nothing. Run by its own environment, under hypercorn."""

import restate
from restate import Context, Service

service = Service("Five")


def work() -> int:
    return 1


@service.handler()
async def run(ctx: Context, number: int) -> int:
    for step in range(5):
        await ctx.run_typed(f"step {step}", work)
    return number


app = restate.app([service])
