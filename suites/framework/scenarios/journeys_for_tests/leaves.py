"""Ends Python when it is read, without a word."""

import sys

sys.exit(0)
