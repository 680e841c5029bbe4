"""What is printed into the scrollback, by commands that take no screen of their own."""
