"""Is everything there, and does it really work?"""

from assistant.doctor.examining import available_memory_gb, examine
from assistant.doctor.findings import Finding, Health

__all__ = ["Finding", "Health", "available_memory_gb", "examine"]
