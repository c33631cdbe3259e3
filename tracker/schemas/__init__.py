"""What may come in and what may go out: marshmallow schemas, allow-lists per reader."""
