"""PDF: from placed glyphs back to headings, paragraphs, lists and tables with their pages."""
