"""Every command of the contract (section 4): its fields, who may give it, whether it needs a key, and what orders it.

Decoding is validation: what comes out of `msgspec` here is trimmed, within its limits and of the right type. What needs
the database to be judged is judged by the handler."""

from server.protocol.commands.base import *
from server.protocol.commands.booking import *
from server.protocol.commands.identity import *
from server.protocol.commands.message import *
from server.protocol.commands.offer import *
from server.protocol.commands.operator import *
from server.protocol.commands.portfolio import *
from server.protocol.commands.session import *
from server.protocol.commands.trust import *

AnyCommand = (
    SessionCommand
    | MessageCommand
    | BookingCommand
    | OfferCommand
    | PortfolioCommand
    | TrustCommand
    | HouseCommand
    | IdentityCommand
)
