"""The commands of ``assistant``, one module a group."""
