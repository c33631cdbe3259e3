"""Rows for a page, an API answer or an export: SELECT only."""
