"""What tests share, and no tests of its own: they import it as `support.NAME`."""
