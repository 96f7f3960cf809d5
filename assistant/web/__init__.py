"""The web chat: one page in three zones, drawn as our own HTML and fed by events.

Nothing here is imported by ``import assistant``; ``server.launch`` is the way in.
"""
