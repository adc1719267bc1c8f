"""The two sockets of the service: what is said (``*_core``, without sockets), and the connections."""
