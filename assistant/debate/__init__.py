"""The debate as a debate: positions side by side, claims tested, tensions between documents."""
