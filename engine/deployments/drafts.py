"""These commands keep drafts, the files of the modeler's library."""

from __future__ import annotations

from django.db.models import F

from engine import clock, exact_json
from engine.actors import Actor
from engine.errors import Conflict, InvalidArgument, NotFound, PayloadTooLarge
from engine.models import Draft, DraftKind
from engine.postgres import keys

MAX_NAME = 255
MAX_FOLDER = 1_000
MAX_CONTENT = 10 * 1024 * 1024
"""A draft may have so many characters; a longer one raises PayloadTooLarge."""


def create(name: str, *, kind: str, content: str, folder: str = "", by: Actor) -> Draft:
    """Create a draft, valid or not. Raises InvalidArgument, PayloadTooLarge."""
    by.require_modeler("draw")
    if kind not in DraftKind.values:
        raise InvalidArgument(f"Expected one of {', '.join(DraftKind.values)} as kind, found '{kind[:40]}'.")
    now = clock.now()
    return Draft.objects.create(
        key=keys.take_one(),
        kind=kind,
        name=_name(name),
        folder=_folder(folder),
        content=_content(content),
        created_at=now,
        created_by=by.username,
        updated_at=now,
        updated_by=by.username,
    )


def save(
    key: int,
    *,
    revision: int,
    name: str | None = None,
    folder: str | None = None,
    content: str | None = None,
    by: Actor,
) -> Draft:
    """Change what is given. Raises Conflict unless `revision` is the newest: someone else has saved since it was read."""
    by.require_modeler("draw")
    changes: dict[str, str] = {}
    if name is not None:
        changes["name"] = _name(name)
    if folder is not None:
        changes["folder"] = _folder(folder)
    if content is not None:
        changes["content"] = _content(content)
    rows = Draft.objects.filter(key=key, revision=revision, deleted_at__isnull=True)
    changed = rows.update(**changes, revision=F("revision") + 1, updated_at=clock.now(), updated_by=by.username)
    draft = require(key)
    if not changed:
        raise Conflict(
            f"Expected revision {draft.revision} of draft '{draft.name}', which '{draft.updated_by}' saved, found {revision}. "
            "Read it again before you save."
        )
    return draft


def delete(key: int, *, by: Actor) -> None:
    """Mark a draft as deleted. Raises NotFound."""
    by.require_modeler("delete drafts")
    now = clock.now()
    if Draft.objects.filter(key=key, deleted_at__isnull=True).update(deleted_at=now, updated_by=by.username) != 1:
        raise NotFound(f"Expected a draft with the key {key}, found none.")


def require(key: int) -> Draft:
    """Return the draft with this key. Raises NotFound."""
    found = Draft.objects.filter(key=key, deleted_at__isnull=True).first()
    if found is None:
        raise NotFound(f"Expected a draft with the key {key}, found none.")
    return found


def _name(name: str) -> str:
    name = exact_json.checked(name.strip(), what="the name of the draft")
    if not 1 <= len(name) <= MAX_NAME:
        raise InvalidArgument(f"Expected a name of 1 to {MAX_NAME} characters for the draft.")
    return name


def _folder(folder: str) -> str:
    parts = [part.strip() for part in exact_json.checked(folder, what="the folder").split("/")]
    folder = "/".join(part for part in parts if part)
    if len(folder) > MAX_FOLDER:
        raise InvalidArgument(f"Expected a folder of at most {MAX_FOLDER} characters.")
    return folder


def _content(content: str) -> str:
    if len(content) > MAX_CONTENT:
        raise PayloadTooLarge(f"Expected at most {MAX_CONTENT} characters of content, found {len(content)}.")
    return exact_json.checked(content, what="the content of the draft")
