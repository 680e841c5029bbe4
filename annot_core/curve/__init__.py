"""The learning curve: how well a detector does that was trained on more and more of a data set."""
