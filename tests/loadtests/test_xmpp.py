"""The dialect of ejabberd, with the frames that ejabberd 23.01 sent; and the one way into a comparison's cluster that is no unix socket."""

from base64 import b64decode

import psycopg
import pytest

from loadtests.compare.dialects import Refused
from loadtests.compare.dialects.xmpp import Xmpp
from loadtests.compare.servers import house

PAIR = {"room": "r", "cast": {"id": "yui", "token": "t1"}, "guest": {"id": "ken", "token": "t2"}}
OPENED = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' id='92' version='1.0' xml:lang='en' from='localhost'/>"
FEATURES = "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>{}</stream:features>"
MECHANISMS = FEATURES.format(
    "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>"
)
BIND = FEATURES.format("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>")
SUCCESS = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
FAILURE = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>"
BOUND = (
    "<iq xmlns='jabber:client' type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
    "<jid>yui@localhost/bench</jid></bind></iq>"
)
PRESENT = "<presence xmlns='jabber:client' xml:lang='en' to='yui@localhost/bench' from='yui@localhost/bench'/>"
LEFT = "<presence xmlns='jabber:client' to='yui@localhost/bench' from='yui@localhost/bench' type='unavailable'/>"
LINE = (
    "<message xmlns='jabber:client' xml:lang='en' to='ken@localhost/bench' from='yui@localhost/bench' type='chat' id='1'>"
    "<stanza-id by='ken@localhost' id='1795504592484628' xmlns='urn:xmpp:sid:0'/><body>hello</body></message>"
)
BOUNCED = (
    "<message xmlns='jabber:client' to='yui@localhost/bench' from='ken@localhost/bench' type='error' id='1'>"
    "<error code='503' type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>"
)


def test_a_member_signs_in_by_password_binds_and_is_inside_once_present() -> None:
    dialect = Xmpp()
    assert dialect.hello(PAIR, "cast").startswith(b"<open")
    said = [dialect.reply(text) for text in (MECHANISMS, SUCCESS, BIND, BOUND)]
    assert said[0] is not None
    assert b64decode(said[0].split(b">")[1].split(b"<")[0]) == b"\0yui\0t1"
    assert [frame and frame[:5] for frame in said] == [b"<auth", b"<open", b"<iq x", b"<pres"]
    assert [dialect.reply(text) for text in (OPENED, PRESENT)] == [None, None]
    assert [dialect.welcomed(text) for text in (OPENED, PRESENT)] == [False, True]


def test_a_wrong_password_is_a_refusal() -> None:
    dialect = Xmpp()
    dialect.hello(PAIR, "cast")
    assert dialect.reply(FAILURE) is None
    with pytest.raises(Refused):
        dialect.welcomed(FAILURE)


def test_a_line_goes_to_the_guest_and_what_bounces_is_a_refusal() -> None:
    dialect = Xmpp()
    assert b' to="ken@localhost/bench" id="1"><body>hello</body>' in dialect.line(PAIR, "hello")
    assert b' id="2">' in dialect.line(PAIR, "hello")
    assert [dialect.shows_line(text) for text in (LINE, LEFT)] == [True, False]
    with pytest.raises(Refused):
        dialect.shows_line(BOUNCED)


def test_over_tcp_the_cluster_lets_in_its_role_alone_and_by_password() -> None:
    with house() as place:
        place.database("aside")
        conninfo = place.by_password("aside")
        with psycopg.connect(conninfo) as connection:
            connection.execute("create table a_table ()")
        for stranger in ({"user": "postgres"}, {"password": "a guess"}):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(conninfo, **stranger)
