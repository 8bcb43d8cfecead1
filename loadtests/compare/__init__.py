"""Fuuro beside other servers, on the same machine, the same PostgreSQL cluster and in the same run."""
