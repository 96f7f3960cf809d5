"""From files to documents, passages and sentences, with exact offsets."""
