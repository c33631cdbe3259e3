"""What stands around every page: who may ask, how often, how a refusal looks, the page's frame."""
