"""Everything that touches index/: the database, the derived vector index, and building both."""
