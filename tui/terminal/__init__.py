"""All that goes between us and the terminal: asking what it can do, raw writes, timing, and putting it back.

Every private name of Textual's that the program touches is touched in here.
"""
