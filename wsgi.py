"""The application for a server: `app` speaks WSGI, for gunicorn, waitress, uWSGI; `buffered` is
what `tracker serve` runs, which reads each request whole before a thread is taken."""

import gc
import os

from tracker import create_app
from tracker.config import UMASK
from tracker.web.frame.buffering import Buffered

os.umask(UMASK)  # whichever server runs this
app = create_app()
buffered = Buffered(
    app, int(os.environ.get("TRACKER_THREADS", "8")), app.config["MAX_CONTENT_LENGTH"]
)

# What stays for good need not be gone through each time rubbish is looked for: that would take a
# tenth of a second out of somebody's page.
gc.collect()
gc.freeze()
