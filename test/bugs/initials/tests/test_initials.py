import unittest

from names.initials import initials


class InitialsTest(unittest.TestCase):
    def test_words(self):
        self.assertEqual(initials("ada lovelace"), "AL")

    def test_hyphen(self):
        self.assertEqual(initials("Jean-Luc Picard"), "JLP")
