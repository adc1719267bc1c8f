"""How the service spells things: paths, fields, headers, messages. No other module of the client knows.

``rest`` and ``sockets`` have the spellings of the two surfaces. Both are liberal in what they read: fields
may be absent, null or of another type.
"""
