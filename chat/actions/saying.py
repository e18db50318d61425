"""One post: the transaction that writes it, and who hears of it."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from chat.actions import uploads
from chat.actions.floors import keep_to
from chat.actions.services import Services
from chat.actions.whole import whole
from chat.core.changes import Replay, replay_of
from chat.core.file import File, Upload
from chat.core.ids import Number
from chat.core.message import clean_body, clean_nonce, just_said
from chat.core.problems import Conflict, Forbidden, Invalid
from chat.core.room import Member, may_post
from chat.store import files as attachments
from chat.store import messages, rooms, unread
from chat.store.database import Tx

Who = Callable[[Tx], Member | None]
"""Finds the author in the transaction that writes, under the room's lock; `None` ends it."""


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody posts, as it was sent. The same nonce, room, body and files again are the same post."""

    body: str
    nonce: str = ""
    reply_to: Number | None = None
    files: Sequence[Upload] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody posts; `digest` tells it from anything else under the same nonce."""

    body: str
    nonce: str
    reply_to: Number | None
    digest: bytes


@dataclass(frozen=True, slots=True)
class Written:
    """What came of it; without a head it was posted before. `news` is all that feeds would read."""

    author: Member
    number: Number
    head: Number | None = None
    news: Replay | None = None


async def say(services: Services, who: Who, said: Said, kept: Sequence[File] = ()) -> Written | None:
    """Write a post and tell of it; `None` if `who` found nobody, and nothing happened.

    Raises as `messages.post`.
    """

    def job(tx: Tx) -> Written | None:
        if (now := who(tx)) is None:
            return None
        if number := before(tx, now, said):
            return Written(now, number)
        return _write(services, tx, now, said, kept)

    async def work() -> Written | None:
        with uploads.or_discard(services, kept):
            done = await services.db.write(job)
        if done:
            services.presence.around(done.author.person.id)
        if done and done.head:
            services.bell.ring(done.author.room.id, done.head, done.news)
        else:
            uploads.discard(services, kept)
        return done

    try:
        return await whole(work())
    except IntegrityError as error:  # the nonce was used in another room at the same moment
        raise _other_use() from error


def _write(services: Services, tx: Tx, author: Member, said: Said, kept: Sequence[File]) -> Written:
    room, person = author.room, author.person
    clean_body(said.body, room.settings.max_length, bare=bool(kept))
    if said.reply_to is not None and messages.one(tx, room.id, author.sees_from, said.reply_to) is None:
        raise Invalid("reply_to", "The message is gone.")
    number, now_ms = rooms.next_number(tx, room.id), services.clock_ms()
    named = messages.add(tx, room.id, number, person.id, said.body, now_ms, said.reply_to)
    attachments.add(tx, room.id, number, kept, now_ms)
    if said.nonce:
        messages.keep_nonce(tx, person.id, said.nonce, room.id, number, said.digest, now_ms)
    unread.advance(tx, room.id, person.id, number)
    if head := keep_to(tx, room):
        return Written(author, number, head)
    bare = not named and said.reply_to is None and not kept
    news = replay_of(room.epoch, just_said(number, person, said.body, now_ms)) if bare else None
    return Written(author, number, number, news)


def said_of(services: Services, words: Words) -> Said:
    """What is wanted by a form. Raises `Invalid` for a bad body or nonce."""
    body = clean_body(words.body, services.body_max, bare=bool(words.files))
    nonce = clean_nonce(words.nonce) if words.nonce else ""
    return Said(body, nonce, words.reply_to, _digest(services, body, words.reply_to, words.files))


def before(tx: Tx, member: Member, said: Said) -> Number | None:
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
