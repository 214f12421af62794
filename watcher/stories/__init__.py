"""Stories: which entry tells what another one already told, and what of it is new.

An entry joins a story when its text is, but for truncation and light editing, the text of one of the story's members
(a copy: `copies`), or when it reports the same event in other words (a follow-up: `events`). Its one rule: a wrong
merge hides news, so doubt founds a story.
"""

from watcher.stories.board import REMEMBERED, STAYS_OPEN, Board, story_id
from watcher.stories.edits import Edit, edited
from watcher.stories.novelty import content_stems, new_sentences

__all__ = [
    "REMEMBERED",
    "STAYS_OPEN",
    "Board",
    "Edit",
    "content_stems",
    "edited",
    "new_sentences",
    "story_id",
]
