"""Every limit of the server: one name each, with its unit and its reason. `FUURO_LIMITS` multiplies the rates and counts
marked *scaled*; sizes and times are not scaled, since clients and databases rely on them."""

from typing import NamedTuple


class Rate(NamedTuple):
    """A token bucket: `burst` at once, then `per_second` more. Scaled."""

    burst: int
    per_second: float


class Budget(NamedTuple):
    """At most so many in a window of `seconds`. Scaled."""

    most: int
    seconds: int


# ── frames and sockets ──────────────────────────────────────────────────────────────────────────────────────────────
FRAME_BYTES = 64 * 1024
"""bytes; 4,000 characters of four-byte text, escaped, with room for the envelope. Above: close 1009."""
OUTBOUND_BYTES = 1024 * 1024
"""bytes waiting for one socket; a phone in a tunnel should resume rather than be remembered. Above: close 4000."""
OUTBOUND_FRAMES = 1_000
"""frames waiting for one socket; the same in frames, since small frames cost memory too."""
AUTHENTICATION_SECONDS = 5.0
"""s from accept to `session.open`; an anonymous socket costs memory and earns nothing."""
PING_SECONDS = 25
"""s between pings of the server; below the 30 s after which mobile networks forget a quiet connection."""
MISSED_PONGS = 2
"""unanswered pings before close 4001."""
COMMANDS_IN_FLIGHT = 64
"""commands of one socket being worked on; beyond it the socket is not read, so a fast sender feels back-pressure."""
SOCKETS_PER_ACCOUNT = 10
"""sockets; two phones, a laptop, some tabs. The oldest gives way with 4504. Scaled."""
PROTOCOL_ERRORS = 500
"""refused frames in a row that close a socket with 4501: no client that reads its answers gets there. Scaled."""
SOCKET_FRAMES = Rate(burst=200, per_second=50)
"""frames of one socket of any kind; ten times what thumbs do, enough for a reconnecting outbox. Scaled."""

# ── rooms ───────────────────────────────────────────────────────────────────────────────────────────────────────────
BODY_CHARACTERS = 4_000
NOTE_CHARACTERS = 500
"""characters of a note or a reason."""
SEARCH_CHARACTERS = 100
"""characters one looks for; nobody types more."""
SNAPSHOT_ROOMS = 100
"""cards in `session.open`; older rooms are paged by `GET /api/rooms`."""
CURSORS = 500
"""cursors a client may send in `session.open`."""
PAGE_ENTRIES = 200
"""entries of a page of `room.since` and of `missed`."""
PAGE_BYTES = 256 * 1024
"""bytes of such a page, and of one of `room.history`; four frames of the client's own limit."""
MISSED_BYTES = 1024 * 1024
"""bytes of all that `session.open` says was missed: no page begins beyond it. What waits for one socket may be as much, and what is begun last a page more."""
HISTORY_ENTRIES = 100
"""entries of a page of `room.history`."""
FLUSH_MESSAGES = 512
"""messages of one group commit; measured: 64 costs a quarter of the throughput, more brings nothing."""
EDIT_HOURS = 24
"""h in which one's own text can be edited or deleted."""
TYPING_SECONDS = 6
"""s after which "typing" expires by itself."""
SINCE_HOLE = 1_000
"""entries a live socket may be behind before it is told to resume (4002) instead of being repaired."""

# ── commands ────────────────────────────────────────────────────────────────────────────────────────────────────────
MESSAGES = Rate(burst=60, per_second=10)
"""`message.*` of one account; a kind note written thirty times in a row must pass. Scaled."""
COMMANDS = Rate(burst=120, per_second=20)
"""every other command of one account. Scaled."""
EACH: dict[str, Rate] = {
    "room.open": Rate(burst=30, per_second=0.2),
    "room.typing": Rate(burst=20, per_second=2),
    "room.received": Rate(burst=60, per_second=5),
    "invitation.ask": Rate(burst=10, per_second=0.05),
    "invitation.send": Rate(burst=40, per_second=1),
    "reservation.press": Rate(burst=20, per_second=2),
    "follow.add": Rate(burst=60, per_second=0.5),
    "block.add": Rate(burst=30, per_second=0.2),
    "report.file": Rate(burst=10, per_second=0.02),
    "settings.save": Rate(burst=20, per_second=0.5),
    "push.subscribe": Rate(burst=10, per_second=0.1),
}
"""commands of one account that have a rate of their own besides: what writes to somebody else's phone, or makes rows that stay. What a
busy evening needs is a tenth of it. Scaled."""

# ── bookings ────────────────────────────────────────────────────────────────────────────────────────────────────────
HOLD_MS = 1_200
"""ms the finger stays on the seal; long enough to mean it, short enough for a loud room."""
PRESS_SECONDS = 60
"""s after which a press ends by itself."""
VALID_SECONDS = (900, 86_400)
VALID_SECONDS_DEFAULT = 3_600
ARRIVAL_HOURS = 24
"""h before the start at which an arrival can be marked; earlier it is a mistake of the day."""
NO_SHOW_MINUTES = 15
"""min after the start before which nobody is missing."""
NO_SHOW_HOURS = 48
"""h after the end until which a no-show can be marked; then a confirmed reservation completes by itself."""
CORRECTION_MINUTES = 30
"""min from the first mark, or from when a no-show can be marked at all, in which the cast may put arrival and no-show right."""
DISPUTE_DAYS = 7
"""days after a no-show was marked in which the guest may dispute it."""
REMINDER_TEXT_SECONDS = 300
"""s after a reminder in which some device should have heard of it; then a text goes out."""
WAITS_PER_GUEST = 20
WAITED_SECONDS = 1_800
"""s that a freed slot is held for the next in line: time to look at a phone, and not the whole evening."""
PLAN_MINUTES = (15, 720)
BUFFER_MINUTES = 240
TERM_MINUTES = 14 * 24 * 60
"""minutes of notice and of free cancellation at the most: two weeks."""
PRICE = 100_000_000
PLANS_PER_CAST = 50
HORIZON_DAYS = 400
"""days ahead that shifts and invitations may lie."""
SHIFT_HOURS = 24
"""h of one added span; longer is a mistake of the date, not a shift."""
AVAILABILITY_DAYS = 62

# ── search ──────────────────────────────────────────────────────────────────────────────────────────────────────────
SEARCH_CHARACTERS = 100
"""characters of `q`; what a thumb writes into a search box, with room to spare."""
SEARCH_PAGE = 30
"""casts of a page of `GET /api/casts`."""
SEARCH_TAGS = 20
"""tags that one search may name, wanted and unwanted each: as many as a profile has."""

# ── trust ───────────────────────────────────────────────────────────────────────────────────────────────────────────
REVIEW_CHARACTERS = 2_000
BLIND_DAYS = 14
"""days until a review is seen although the other side has said nothing."""
RADAR_REVIEWS = 3
"""reviews from which a radar is shown: the mean of one or two would name who wrote them."""
MEMO_CHARACTERS = 4_000
RECORD_DAYS = 365
"""days a cancellation or a no-show stays on a guest's record: people change."""
CARD_RESERVATIONS = 50

# ── portfolio ───────────────────────────────────────────────────────────────────────────────────────────────────────
HEADLINE_CHARACTERS = 80
PROFILE_TAGS = 20
PROFILE_PHOTOS = 12
PHOTO_BYTES = 12 * 1024 * 1024
"""bytes of an uploaded photo; what a telephone's camera makes."""
PHOTO_PIXELS = 50_000_000
"""pixels of it, judged by its header before anything is decoded: a small file may hold a huge picture."""
PHOTOS_PER_ACCOUNT = 500
"""photos kept of one account; disks are finite. Scaled."""
PHOTO_UNUSED_DAYS = 7
"""days for which a photo that nothing shows is kept: an outbox that was offline for a week still finds it."""
PHOTOS = Rate(burst=20, per_second=0.2)
"""uploads of one account; each costs a second of a core. Scaled."""
PHOTO_WORKERS = 2
"""photos decoded at once in a process: each takes up to 200 MB while it lasts."""

# ── identity ────────────────────────────────────────────────────────────────────────────────────────────────────────
NAME_CHARACTERS = 40
DEVICE_CHARACTERS = 80
ACCESS_SECONDS = 600
"""s an access token is good for."""
REFRESH_DAYS = 60
REFRESH_GRACE_SECONDS = 30
"""s in which the previous refresh cookie yields the same successor: two tabs, a lost answer."""
CODE_SECONDS = 300
CODE_TRIES = 5
CODE_RESEND_SECONDS = 30
REGISTRATION_SECONDS = 900
"""s from a right code to the end of the registration form."""
PHONE_CHANGE_HOURS = 24
"""h in which the old number can stop a change; a day, since people sleep. Not scaled."""
ACCOUNT_GRACE_DAYS = 30
"""days in which signing in takes the end of an account back. Not scaled."""
EXPORT_ROWS = 100_000
"""rooms in an archive of oneself; more than a life has."""
EXPORTS = Budget(6, 3_600)
"""archives of one account: each reads everything of it. Scaled."""
ADULT_YEARS = 18
CODES_PER_NUMBER = Budget(5, 3_600)
"""texts to one number: an SMS costs money, and annoys whom it doesn't concern. Scaled."""
CODES_PER_ADDRESS = Budget(30, 3_600)
"""texts asked for by one network address: a house shares one. Scaled."""
CODES_PER_PREFIX = Budget(200, 3_600)
"""texts to one block of 1,000 numbers: toll fraud walks through number ranges. Scaled."""
CODES_IN_ALL = Budget(2_000, 3_600)
"""texts in all: the bill has a ceiling. Scaled."""
VERIFIES_PER_ADDRESS = Budget(100, 3_600)
"""codes tried by one network address. Scaled."""

# ── push and texts ──────────────────────────────────────────────────────────────────────────────────────────────────
SUBSCRIPTIONS_PER_ACCOUNT = 10
ENDPOINT_CHARACTERS = 1_000
RECEIPT_DAYS = 30
"""days after which no device brings the receipt of a push any more; push services keep one for four weeks."""

# ── queue ───────────────────────────────────────────────────────────────────────────────────────────────────────────
OUTBOX_POLL_SECONDS = 0.1
"""s between looks at the outbox without a hint."""
ROOMS_POLL_SECONDS = 1.0
"""s between comparisons of what was delivered with what the rooms hold; revocations too."""
LEASE_SECONDS = 30
"""s a worker may take for an effect outside Postgres before another takes over."""
ATTEMPTS = 12
"""tries before a delivery is dead; with the back-off about an hour."""
BACKOFF_SECONDS = 14_400
"""s between tries at the most: 4 hours."""
SHARDS = 16
"""parts of the outbox, by hash of the key, that loops divide among themselves."""
