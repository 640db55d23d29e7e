"""The explorer's page: a trame application, its server and its components; all else is in `data` and `scene`.

::

    browser ── /            the page and its assets, from this package and trame's alone
            ── /ws          one connection, one session: messages are checked before trame sees them
            ── /download/…  files that a session made, by unguessable names
"""
