"""The feeds, as the service last found them."""

from __future__ import annotations

from watcher.config import Config
from watcher.doctor.findings import Finding, fault, fine, note
from watcher.store import Store
from watcher.store.feeds import feed_states


async def look(config: Config, store: Store) -> tuple[Finding, ...]:
    """One line for all of them: a few that fail are usual, all of them are not."""
    states = list((await store.read(feed_states, [feed.id for feed in config.feeds])).values())
    polled = [one for one in states if one.last_polled is not None]
    if not polled:
        return (note("feeds", f"none of {len(config.feeds)} was polled yet", "watcher feeds test URL reads one now"),)
    bad = [one for one in polled if one.failures or one.gone]
    if not bad:
        return (fine("feeds", f"all {len(polled)} that were polled could be read"),)
    what = f"{len(bad)} of {len(polled)} cannot be read ({bad[0].name}: {bad[0].error or 'gone'})"
    if len(bad) == len(polled) > 1:
        return (fault("feeds", what, "check this machine's network, DNS and fetch.proxy"),)
    return (note("feeds", what, "watcher feeds list has the reason of each"),)
