"""The application for a WSGI server: `granian --interface wsgi wsgi:app`, gunicorn, waitress."""

import gc

from tracker import create_app

app = create_app()

# What stays for good need not be gone through each time rubbish is looked for: that would take a
# tenth of a second out of somebody's page.
gc.collect()
gc.freeze()
