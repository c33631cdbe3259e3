"""The `tracker` command's sub-commands, one file per noun; `tracker.cli` lists them."""
