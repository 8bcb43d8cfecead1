"""What every context stands on: settings, database, the unit of work, outbox, queue, tokens. Knows no context."""
