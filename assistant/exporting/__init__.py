"""Answers to hand on: packs with their quotations, as Markdown, HTML, DOCX, BibTeX and JSON.

``packing`` makes a pack from answers and the library, ``writing`` writes it in a format,
``opening`` finds it again in a file, ``verifying`` checks the file and the library against it.
"""
