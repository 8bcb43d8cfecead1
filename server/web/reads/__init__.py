"""A read is a GET. One module a context; lists page by an opaque cursor, entries by `seq`."""

from server.web.reads import booking, identity, message, offer, operator, portfolio, push, search, trust

HANDLERS = [
    *identity.HANDLERS,
    *message.HANDLERS,
    *booking.HANDLERS,
    *offer.HANDLERS,
    *portfolio.HANDLERS,
    *push.HANDLERS,
    *search.HANDLERS,
    *trust.HANDLERS,
    *operator.HANDLERS,
]
