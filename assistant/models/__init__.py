"""The models: embedder and language model, behind the seams of ``assistant.ports``."""
