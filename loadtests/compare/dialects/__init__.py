"""One file per protocol; another server joins by a file here and a class in `servers.py`."""

from loadtests.compare.dialects.dialect import Dialect, Refused
from loadtests.compare.dialects.fuuro import Fuuro
from loadtests.compare.dialects.plain import Plain
from loadtests.compare.dialects.socketio import SocketIO
from loadtests.compare.dialects.xmpp import Xmpp

DIALECTS: dict[str, type[Dialect]] = {"fuuro": Fuuro, "socketio": SocketIO, "plain": Plain, "xmpp": Xmpp}

__all__ = ["DIALECTS", "Dialect", "Refused"]
