"""Buttons under alerts: pure rendering. What pressing them does is decided elsewhere.

Rule: a button carries its alert's key and nothing else; a block's id is that key, too, for menus carry one word each.
"""

from __future__ import annotations

from slack_sdk.models.blocks import ActionsBlock, ButtonElement, Option, OverflowMenuElement, PlainTextObject

from watcher.types.feedback import MORE, MUTE_SOURCE, MUTE_STORY, NOT_RELEVANT, RELEVANT, UNDO

_MENU = {
    MUTE_STORY: "Mute story",
    MUTE_SOURCE: "Mute source for 7 days",
    UNDO: "Undo",
}


def buttons(key: str, *, menu: bool = True) -> ActionsBlock:
    """The two answers; with ``menu`` also what is rarely wanted."""
    elements: list[ButtonElement | OverflowMenuElement] = [
        ButtonElement(text=_words("Relevant"), action_id=RELEVANT, value=key),
        ButtonElement(text=_words("Not relevant"), action_id=NOT_RELEVANT, value=key),
    ]
    if menu:
        options = [Option(value=value, text=_words(words)) for value, words in _MENU.items()]
        elements.append(OverflowMenuElement(action_id=MORE, options=options))
    return ActionsBlock(block_id=key[:255], elements=elements)


def _words(text: str) -> PlainTextObject:
    return PlainTextObject(text=text, emoji=False)
