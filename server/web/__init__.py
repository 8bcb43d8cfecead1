"""Plain HTTP: sign-in, commands, reads, static files, health, metrics. Knows no socket."""
