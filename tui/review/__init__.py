"""Everything about reviewing that needs no screen: what is listed, where one is, and what a key decides."""
