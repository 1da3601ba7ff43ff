"""This module reads users and groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib.auth.models import Group, User

from engine.actors import Actor
from engine.errors import InvalidArgument, NotFound
from engine.queries.search import Field, Found, SearchRequest, Table, search
from engine.queries.search.view import View


class UserView(View, frozen=True, kw_only=True):
    username: str
    name: str | None
    email: str | None
    groups: list[str]


class GroupView(View, frozen=True, kw_only=True):
    group_id: str
    name: str
    description: str | None


class MemberView(View, frozen=True, kw_only=True):
    username: str


class CurrentUserView(View, frozen=True, kw_only=True):
    """The current user is described in Camunda's words, with what the user may do here."""

    username: str
    display_name: str | None
    email: str | None
    authorized_components: list[str]
    tenants: list[dict[str, str | None]]
    groups: list[str]
    roles: list[str]
    sales_plan_type: str | None
    c8_links: dict[str, str]
    can_logout: bool
    api_user: bool
    is_admin: bool
    may_operate: bool
    may_model: bool


USERS = Table(
    name="User",
    fields={"username": Field("username"), "name": Field("first_name"), "email": Field("email")},
    sort=(("username", "ASC"),),
    key="id",
)
GROUPS = Table(
    name="Group",
    fields={"groupId": Field("name"), "name": Field("name")},
    sort=(("name", "ASC"),),
    key="id",
)


def find_users(request: SearchRequest) -> Found[UserView]:
    rows = User.objects.filter(is_active=True).prefetch_related("groups")
    return search(USERS, rows, request, view=_users)


def find_groups(request: SearchRequest) -> Found[GroupView]:
    return search(GROUPS, Group.objects.all(), request, view=_groups)


def user(username: str) -> UserView:
    """Return a user. Raises NotFound."""
    found = list(User.objects.filter(is_active=True, username=username).prefetch_related("groups"))
    if not found:
        raise NotFound(f"Expected a user with the name '{username[:150]}', found none.")
    return next(iter(_users(found)))


def require_user(username: str) -> None:
    """Raise InvalidArgument unless somebody has the name: what is given to nobody, nobody sees in their inbox."""
    if not User.objects.filter(is_active=True, username=username[:150]).exists() or len(username) > 150:
        raise InvalidArgument(
            f"Expected the name of a user, found '{username[:150]}', which nobody has. See POST /v2/users/search."
        )


def group(group_id: str) -> GroupView:
    """Return a group. Raises NotFound."""
    return next(iter(_groups([_require_group(group_id)])))


def find_members(group_id: str, request: SearchRequest) -> Found[MemberView]:
    """Find the users of a group. Raises NotFound for the group."""
    rows = _require_group(group_id).user_set.filter(is_active=True)
    return search(USERS, rows, request, view=lambda found: [MemberView(username=row.username) for row in found])


def _require_group(group_id: str) -> Group:
    found = Group.objects.filter(name=group_id).first()
    if found is None:
        raise NotFound(f"Expected a group with the id '{group_id[:150]}', found none.")
    return found


def current_user(user: User, actor: Actor) -> CurrentUserView:
    roles = [
        role
        for role, has in (("admin", actor.is_admin), ("operator", actor.may_operate), ("modeler", actor.may_model))
        if has
    ]
    return CurrentUserView(
        username=user.get_username(),
        display_name=user.get_full_name() or None,
        email=user.email or None,
        authorized_components=["*"],
        tenants=[{"tenantId": "<default>", "name": "Default", "description": None}],
        groups=sorted(actor.groups),
        roles=roles,
        sales_plan_type=None,
        c8_links={},
        can_logout=not actor.is_system,
        api_user=actor.is_system,
        is_admin=actor.is_admin,
        may_operate=actor.may_operate,
        may_model=actor.may_model,
    )


def _users(rows: Sequence[User]) -> Iterable[UserView]:
    for row in rows:
        yield UserView(
            username=row.username,
            name=row.get_full_name() or None,
            email=row.email or None,
            groups=sorted(group.name for group in row.groups.all()),
        )


def _groups(rows: Sequence[Group]) -> Iterable[GroupView]:
    for row in rows:
        yield GroupView(group_id=row.name, name=row.name, description=None)
