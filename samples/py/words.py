"""Counting words."""

from collections import Counter


def count_words(text: str) -> Counter[str]:
    """Counts the words of a text, ignoring case."""
    return Counter(text.lower().split())


# TRY: type `def longest_word(text: str)` below and pause.


# TRY: type `def is_palindrome(` below.

