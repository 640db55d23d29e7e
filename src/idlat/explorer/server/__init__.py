"""The explorer's server: a trame application a window, and the components of its page.

::

    browser ── /            the page and its assets, from this package and trame's alone
            ── /ws          one connection, one session: messages are checked before trame sees them
            ── /download/…  files that a session made, by unguessable names
"""
