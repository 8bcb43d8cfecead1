"""A connection's life, in reading order: wire, socket, session, lanes, connection, writer, hub, resume, relay, rates."""
