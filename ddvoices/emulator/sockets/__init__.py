"""The two WebSockets: ``/open``, whole texts in and audio out, and ``/ws``, text streamed in.

``handshake``, ``channel``
    the way in, and the frames of one connection
``session``, ``open``, ``streaming``
    what a connection does: in general, and on each of the two
``generation``, ``pieces``, ``script``, ``recording``
    a request into audio in pieces, a stream of text into sentences, a recording into who speaks
``strike``
    what a fault looks like on a socket
"""

from __future__ import annotations

from ddvoices.emulator.sockets.handshake import Sockets

__all__ = ["Sockets"]
