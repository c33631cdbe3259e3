"""The application for a WSGI server: `granian --interface wsgi wsgi:app`, gunicorn, waitress."""

from tracker import create_app

app = create_app()
