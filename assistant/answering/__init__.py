"""From evidence to an answer: completing, composing, writing, checking, abstaining."""
