"""What donors take along: a view and its statement in, a file's bytes or a drawing's numbers out.

Every form is made of `told.Export` and of nothing else, and the same export gives the same bytes.
"""
