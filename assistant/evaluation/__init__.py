"""How good the assistant is: question sets in, figures with their intervals out."""
