"""The views of the page, each a part of the state with what it does; none knows another."""
