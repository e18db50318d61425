"""Saying something, saying it better, taking it back."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from chat.actions import uploads
from chat.actions.floors import keep_to
from chat.actions.replies import follow
from chat.actions.services import Services
from chat.actions.still import still
from chat.actions.whole import whole
from chat.core.changes import Replay
from chat.core.file import File, Upload
from chat.core.ids import Number, PersonId, RoomId
from chat.core.message import Message, clean_body, clean_nonce
from chat.core.problems import Conflict, Forbidden, Invalid, NotFound
from chat.core.reply import one_line
from chat.core.room import Member, may_delete, may_edit, may_post
from chat.store import changes, mentions, messages, reactions, rooms, unread
from chat.store import files as attachments
from chat.store.database import Tx


@dataclass(frozen=True, slots=True)
class _Said:
    """What somebody posts; `digest` tells it from anything else under the same nonce."""

    body: str
    nonce: str
    reply_to: Number | None
    digest: bytes


async def post(
    services: Services, member: Member, raw_body: str, raw_nonce: str = "", reply_to: Number | None = None,
    files: Sequence[Upload] = (),
) -> Number:  # fmt: skip
    """Say something. When this returns it is on the disk and has this number, which is also its first change.

    The same nonce, room, body and files again return the same number, from any worker, for 30 days, even
    when the message is gone by then.
    Raises `Forbidden` where the member may not post, `Invalid` for a bad body, nonce, reply or too many
    files, `TooLarge` and `WrongType` for a file, `Conflict` for a nonce that was used for something else,
    `TooMany` above the limit, `NotFound` if the membership has ended meanwhile.
    """
    body = clean_body(raw_body, services.body_max, bare=bool(files))
    nonce = clean_nonce(raw_nonce) if raw_nonce else ""
    said = _Said(body, nonce, reply_to, _digest(services, body, reply_to, files))
    services.limit(member.person)
    if not files:
        return await _say(services, member, said)
    uploads.check(files, services.files)
    number = await services.db.read(lambda tx: _before(tx, member, said))  # before any picture is looked at
    return number or await _say(services, member, said, await uploads.keep(services, files))


async def _say(services: Services, member: Member, said: _Said, kept: Sequence[File] = ()) -> Number:
    room, author = member.room.id, member.person.id

    def job(tx: Tx) -> tuple[Number, Number | None]:
        now = still(tx, member)
        if number := _before(tx, now, said):
            return number, None
        clean_body(said.body, now.room.settings.max_length, bare=bool(kept))
        if said.reply_to is not None and messages.one(tx, room, now.sees_from, said.reply_to) is None:
            raise Invalid("reply_to", "The message is gone.")
        number = rooms.next_number(tx, room)
        now_ms = services.clock_ms()
        messages.add(tx, room, number, author, said.body, now_ms, said.reply_to)
        attachments.add(tx, room, number, kept, now_ms)
        if said.nonce:
            messages.keep_nonce(tx, author, said.nonce, room, number, said.digest, now_ms)
        unread.advance(tx, room, author, number)
        return number, keep_to(tx, now.room) or number

    async def say() -> Number:
        with uploads.or_discard(services, kept):
            number, head = await services.db.write(job)
        if head:
            services.bell.ring(room, head)
        else:
            uploads.discard(services, kept)
        return number

    try:
        return await whole(say())
    except IntegrityError as error:  # the nonce was used in another room at the same moment
        raise _other_use() from error


def _before(tx: Tx, member: Member, said: _Said) -> Number | None:
    """The number of the message if it was posted before. Raises `Conflict`, `Forbidden`."""
    if said.nonce and (used := messages.repeated(tx, member.person.id, said.nonce)):
        room, number, first = used
        if room != member.room.id or not hmac.compare_digest(first, said.digest):
            raise _other_use()
        return number
    if not may_post(member):
        raise Forbidden("Only hosts write here.")
    return None


def _other_use() -> Conflict:
    return Conflict("This was sent already with other words. Send it again.")


def _digest(services: Services, body: str, reply_to: Number | None, files: Sequence[Upload]) -> bytes:
    attached = "".join(f"\0{file.name}\0{file.digest}" for file in files)  # no body has a NUL
    said = f"{reply_to or ''}\n{body}{attached}".encode()
    return hmac.new(services.secret, said, hashlib.sha256).digest()


async def edit(services: Services, member: Member, number: Number, raw_body: str) -> Number:
    """Put other words into one's own message and what quotes it: the number of the last change.

    Raises `NotFound`, `Forbidden` for somebody else's or a deleted message, `Invalid` for a bad body,
    `TooMany` above the limit of posts.
    """
    body = clean_body(raw_body, min(member.room.settings.max_length, services.body_max), bare=True)
    services.limit(member.person)

    def job(tx: Tx) -> Number:
        now, message = under_lock(tx, member, number)
        if not may_edit(now, message):
            raise Forbidden("Only the author changes a message.")
        clean_body(body, bare=bool(message.files))
        if message.body == body:
            return message.change
        change = rooms.next_number(tx, now.room.id)
        messages.edit(tx, now.room.id, number, change, body, services.clock_ms())
        quoted = one_line(body) != one_line(message.body)
        return (quoted and follow(tx, now.room.id, number, Number(number + 1))) or change

    return await _change(services, member.room.id, job)


async def delete(services: Services, member: Member, number: Number) -> Number:
    """Take a message's words away for everybody, with what quotes them: the number of the last change.

    Doing it twice is doing it once. Raises `NotFound`, `Forbidden` for somebody else's message unless
    the member is a moderator, `TooMany` above the limit of posts.
    """
    services.limit(member.person)

    def job(tx: Tx) -> Number:
        now, message = under_lock(tx, member, number)
        if message.deleted:
            return message.change
        if not may_delete(now, message):
            raise Forbidden("Only the author or a host takes a message away.")
        change = rooms.next_number(tx, now.room.id)
        by = "author" if message.author.id == member.person.id else "host"
        messages.delete(tx, now.room.id, number, change, by)
        reactions.forget(tx, now.room.id, number)
        return follow(tx, now.room.id, number, Number(number + 1)) or change

    return await _change(services, member.room.id, job)


async def one(services: Services, member: Member, number: Number) -> Message:
    """The message with this number. Raises `NotFound` if there is none that the member may see."""
    found = await services.db.read(lambda tx: messages.one(tx, member.room.id, member.sees_from, number))
    if found is None:
        raise NotFound
    return found


async def since(services: Services, member: Member, number: Number) -> Replay:
    """Everything after `number` that the member may see: what the answer to a form holds.

    Raises `NotFound` if the room is gone.
    """
    replay = await services.db.read(lambda tx: changes.read(tx, member.room.id, number, member.visible_from))
    if replay is None:
        raise NotFound
    return replay


async def read(services: Services, room: RoomId, since: Number, visible_from: Number) -> Replay | None:
    """What feeds read by. `None` if the room is gone."""
    return await services.db.read(lambda tx: changes.read(tx, room, since, visible_from))


async def mark_read(services: Services, member: Member, number: Number) -> None:
    """Set the person's read mark: forward, or back to have messages unread again."""
    room, person = member.room.id, member.person.id
    if await services.db.write(lambda tx: unread.mark(tx, room, person, number)):
        services.bell.read(room, person)


async def has_read(services: Services, member: Member, number: Number) -> None:
    """Move the person's read mark forward, if it is not there yet: a page without scripts has shown it."""
    room, person = member.room.id, member.person.id
    await services.db.write(lambda tx: unread.advance(tx, room, person, number))
    services.bell.read(room, person)


async def typing(services: Services, member: Member) -> None:
    """Pass on that the member writes something, at most once in three seconds. Nothing is stored.

    Raises `Forbidden` where the member may not post.
    """
    if not may_post(member):
        raise Forbidden("Only hosts write here.")
    if not services.typing.take((member.room.id, member.person.id), services.clock_s()):
        services.bell.typing(member.room.id, member.person.id)


async def writers(
    services: Services, room: RoomId, persons: Sequence[PersonId]
) -> Sequence[tuple[PersonId, str]]:
    """The names of those who write in a room, a few of them."""
    return await services.db.read(lambda tx: mentions.people_named(tx, room, persons))


def under_lock(tx: Tx, member: Member, number: Number) -> tuple[Member, Message]:
    """The membership and the message as they are now, with the room locked."""
    now = still(tx, member)
    if (message := messages.one(tx, now.room.id, now.sees_from, number)) is None:
        raise NotFound
    return now, message


async def _change(services: Services, room: RoomId, job: Callable[[Tx], Number]) -> Number:
    change = await services.db.write(job)
    services.bell.ring(room, change)
    return change
