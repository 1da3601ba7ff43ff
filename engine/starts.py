"""What starts instances by itself: message, signal and timer start events of the newest version of a process."""


def replace(process_id, *, now):
    pass


def fire_due(*, limit):
    return 0
