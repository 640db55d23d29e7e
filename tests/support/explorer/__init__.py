"""The explorer's page, sessions and scenes, as tests begin with them."""
