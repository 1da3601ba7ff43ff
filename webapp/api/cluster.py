"""The installation itself is described here: who is there, its clock, and whether anything has changed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from django.contrib.auth.models import User

from engine import clock
from engine.errors import InvalidArgument
from engine.queries.instances import history
from engine.queries.instances.history import VersionView
from engine.queries.search.view import View
from webapp.accounts import directory
from webapp.accounts.directory import GROUPS, USERS, CurrentUserView, GroupView, MemberView, UserView
from webapp.api.operation import ApiView, Body, Call, operation

VERSION = "8.8.0"
"""The words of this version of Camunda's API are spoken here; clients choose their behaviour by it."""


class Partition(View, frozen=True, kw_only=True):
    partition_id: int
    role: str
    health: str
    state: str


class Broker(View, frozen=True, kw_only=True):
    node_id: int
    broker_id: str
    host: str
    port: int
    partitions: list[Partition]
    version: str


class TopologyView(View, frozen=True, kw_only=True):
    brokers: list[Broker]
    cluster_id: str | None
    cluster_size: int
    partitions_count: int
    replication_factor: int
    gateway_version: str
    last_completed_change_id: str


class LicenseView(View, frozen=True, kw_only=True):
    valid_license: bool
    license_type: str
    is_commercial: bool
    expires_at: datetime | None


class SetClock(Body, frozen=True, kw_only=True):
    timestamp: int
    """The time in milliseconds since 1970."""


class Topology(ApiView):
    @operation("getTopology", tag="Cluster", summary="Get the topology", answer=TopologyView)
    def get(self, call: Call) -> Any:
        """Describe the cluster: it has one broker with one partition, whatever runs behind it."""
        host, _, port = call.request.get_host().partition(":")
        partition = Partition(partition_id=1, role="leader", health="healthy", state="active")
        broker = Broker(
            node_id=0,
            broker_id="0",
            host=host,
            port=int(port) if port.isdecimal() else 443,
            partitions=[partition],
            version=VERSION,
        )
        return TopologyView(
            brokers=[broker],
            cluster_id=None,
            cluster_size=1,
            partitions_count=1,
            replication_factor=1,
            gateway_version=VERSION,
            last_completed_change_id="-1",
        )


class Status(ApiView):
    @operation("getStatus", tag="Cluster", summary="Whether it is there", status=204)
    def get(self, call: Call) -> Any:
        """Answer 204: the server answers, and so does its database, which knows who asks."""


class License(ApiView):
    @operation("getLicense", tag="License", summary="Get the licence", answer=LicenseView)
    def get(self, call: Call) -> Any:
        return LicenseView(valid_license=True, license_type="Apache-2.0", is_commercial=False, expires_at=None)


class Me(ApiView):
    @operation("getAuthentication", tag="Authentication", summary="Who I am", answer=CurrentUserView)
    def get(self, call: Call) -> Any:
        return directory.current_user(cast(User, call.request.user), call.actor)


class UserSearch(ApiView):
    @operation("searchUsers", tag="User", summary="Search users", search=(USERS, UserView))
    def post(self, call: Call) -> Any:
        return directory.find_users(call.body)


class OneUser(ApiView):
    @operation("getUser", tag="User", summary="Get a user", answer=UserView)
    def get(self, call: Call, username: str) -> Any:
        return directory.user(username)


class OneGroup(ApiView):
    @operation("getGroup", tag="Group", summary="Get a group", answer=GroupView)
    def get(self, call: Call, group_id: str) -> Any:
        return directory.group(group_id)


class MemberSearch(ApiView):
    @operation("searchUsersForGroup", tag="Group", summary="Search the users of a group", search=(USERS, MemberView))
    def post(self, call: Call, group_id: str) -> Any:
        return directory.find_members(group_id, call.body)


class GroupSearch(ApiView):
    @operation("searchGroups", tag="Group", summary="Search groups", search=(GROUPS, GroupView))
    def post(self, call: Call) -> Any:
        return directory.find_groups(call.body)


class Clock(ApiView):
    @operation("pinClock", tag="Clock", summary="Set the engine's clock", body=SetClock, status=204)
    def put(self, call: Call) -> Any:
        """Put the clock. This is only for tests, in an installation with STEPWELL_TEST_CLOCK=1."""
        try:
            moment = datetime.fromtimestamp(call.body.timestamp / 1000, UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise InvalidArgument("Expected milliseconds since 1970 as timestamp.") from error
        clock.pin(moment, by=call.actor)


class ClockReset(ApiView):
    @operation("resetClock", tag="Clock", summary="Give the engine the system's time back", status=204)
    def post(self, call: Call) -> Any:
        clock.unpin(by=call.actor)


class Changes(ApiView):
    @operation(
        "getChanges",
        tag="Changes",
        summary="Whether anything has changed",
        answer=VersionView,
        query={"processInstanceKey": str},
    )
    def get(self, call: Call) -> Any:
        """Return a version that differs from the one before when something has changed: of all, or of one process instance."""
        key = call.key("processInstanceKey")
        return history.version_of_all() if key is None else history.version_of_instance(key, by=call.actor)
