"""What is true, on paper: the standard library only, no Flask, no SQLAlchemy."""
