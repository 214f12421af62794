"""What people press and type in Slack, as it comes in by Socket Mode.

Rule: it is read, written down, acknowledged and only then acted on; what it does is somebody else's business.
"""

from watcher.feedback.payloads import Command, Press, read

__all__ = ["Command", "Press", "read"]
