"""Saying something, saying it better, taking it back."""

from collections.abc import Callable, Sequence

from chat.actions import asking, uploads
from chat.actions.replies import follow
from chat.actions.saying import Words, before, said_of, say
from chat.actions.services import Services
from chat.actions.still import still
from chat.core.changes import Replay
from chat.core.file import File, Upload
from chat.core.ids import Number, PersonId, RoomId
from chat.core.message import Message, clean_body
from chat.core.problems import Forbidden, NotFound
from chat.core.reply import one_line
from chat.core.room import Member, may_delete, may_edit, may_post
from chat.store import changes, memberships, mentions, messages, reactions, rooms
from chat.store.database import Tx


async def post_as(services: Services, token: str, slug: str, words: Words) -> tuple[Member, Number]:
    """`post`, by whoever has this token, in the room at this address: their place there and the number.

    Who they are is read in the transaction that writes, so that a post is one trip to the store.
    Raises `NotSignedIn` and `NotFound` as `asking.member`.
    """

    counted = False

    def author(tx: Tx) -> Member | None:
        nonlocal counted
        member = asking.member_now(services, tx, token, slug)
        if member is not None and not counted:
            services.limit(member.person)
            counted = True  # once, however often the transaction is tried
        return member and memberships.locked(tx, member)

    if not words.files and (done := await say(services, author, said_of(services, words))):
        return done.author, done.number
    member = (await asking.member(services, token, slug))[1]
    return member, await post(services, member, words.body, words.nonce, words.reply_to, words.files)


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
    said = said_of(services, Words(raw_body, raw_nonce, reply_to, files))
    services.limit(member.person)
    kept: Sequence[File] = ()
    if files:
        uploads.check(files, services.files)
        number = await services.db.read(lambda tx: before(tx, member, said))  # before a picture is looked at
        if number:
            return number
        kept = await uploads.keep(services, files)
    done = await say(services, lambda tx: still(tx, member), said, kept)
    assert done
    return done.number


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
