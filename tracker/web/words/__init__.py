"""How things are called and shown on screen."""
