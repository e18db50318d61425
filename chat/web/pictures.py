"""Faces, flags and icons as markup: the same few hundred on every page, so each is put together once."""

from functools import lru_cache

from markupsafe import Markup

from chat.core import avatars
from chat.core.person import Person, public_id

KEPT_MAX = 4_096  # of each kind, about 250 bytes each
_DRAWN = Markup('<svg class="{}"{} viewBox="0 0 {} {}" aria-hidden="true"><use href="{}#{}"/>{}</svg>')
_ICON = Markup('<svg class="{}" aria-hidden="true"><use href="{}#i-{}"/></svg>')


class Pictures:
    """What templates call to draw; `sprite` is the address of the file with the shapes."""

    def __init__(self, sprite: str) -> None:
        self._sprite = sprite
        self.icon = lru_cache(KEPT_MAX)(self._icon)
        self.flag = lru_cache(KEPT_MAX)(self._flag)
        self.face = lru_cache(KEPT_MAX)(self._face)

    def _icon(self, name: str, cls: str = "") -> Markup:
        return _ICON.format(f"icon {cls}" if cls else "icon", self._sprite, name)

    def _face(self, person: Person) -> Markup:
        face = avatars.person(public_id(person.id), person.name)
        hue = Markup(' data-h="{}"').format(face.hue) if face.hue else ""
        letters = Markup("<text>{}</text>").format(face.letters)
        return _DRAWN.format("av", hue, 40, 40, self._sprite, f"p{face.pattern}", letters)

    def _flag(self, name: str, big: bool = False) -> Markup:
        flag = avatars.flag(name)
        more = Markup(' data-c="{}"').format(flag.palette) if flag.palette else Markup("")
        if big:
            more += Markup(" data-big")
        return _DRAWN.format("flag", more, 24, 24, self._sprite, f"f{flag.cut}", "")
