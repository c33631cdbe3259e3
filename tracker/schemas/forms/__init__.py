"""What each form of a page says, one noun a file; `web.frame.forms` reads them."""
