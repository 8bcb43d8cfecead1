"""What commands answer with, once their transaction has committed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from server.protocol import commands as c
from server.protocol.values import (
    Account,
    CastProfile,
    Entry,
    Memo,
    Plan,
    Report,
    Reservation,
    Review,
    RoomCard,
    Rule,
    Settings,
    Shift,
    Standing,
    Status,
)


class Done(Struct, frozen=True):
    """`{}`: there is nothing more to say."""


class Missed(Struct, frozen=True):
    """The log after a client's cursor. `more`: page on with `room.since`. `reset`: drop the room's cache and load it afresh."""

    entries: list[Entry]
    more: bool
    reset: bool


class SessionOpened(Struct, frozen=True):
    """The snapshot: whatever is committed after it arrives as an event. `zone`: the house's time zone, by which nights are told (IANA)."""

    account: Account
    session: UUID
    epoch: str
    server_time: datetime
    zone: str
    ping_s: int
    limits: dict[str, int]
    settings: Settings
    rooms: list[RoomCard]
    missed: dict[UUID, Missed]


class ServerTime(Struct, frozen=True):
    server_time: datetime


class History(Struct, frozen=True):
    """A folded page, ascending; `head` is the room's."""

    entries: list[Entry]
    more: bool
    head: int


class Read(Struct, frozen=True):
    read: int


class Appended(Struct, frozen=True):
    """Where the entry stands in its room."""

    seq: int
    at: datetime


class InvitationSent(Struct, frozen=True):
    seq: int
    at: datetime
    reservation: Reservation


class ReservationNow(Struct, frozen=True):
    reservation: Reservation


class Pressed(Struct, frozen=True):
    """`hold_ms` from `server_time` on, the pledge is good."""

    hold_ms: int
    server_time: datetime


class Blocked(Struct, frozen=True):
    """What is confirmed between the two, and stands."""

    confirmed: list[Reservation]


class SettingsSaved(Struct, frozen=True):
    settings: Settings


class Shifts(Struct, frozen=True):
    shifts: list[Shift]


class CastCode(Struct, frozen=True):
    """To be given to one cast; it is shown once and kept nowhere in clear."""

    code: str


class StandingNow(Struct, frozen=True):
    standing: Standing


class ReviewNow(Struct, frozen=True):
    review: Review


class ReportNow(Struct, frozen=True):
    report: Report


class Waiting(Struct, frozen=True):
    waitlist: UUID
    place: int


class CalendarLinked(Struct, frozen=True):
    """`url` is a path of the house; whoever has it reads the calendar."""

    url: str


class Rules(Struct, frozen=True):
    rules: list[Rule]


class StatusNow(Struct, frozen=True):
    status: Status


RESULT: dict[type[c.Command], type[Struct]] = {
    c.OpenSession: SessionOpened,
    c.RefreshSession: Done,
    c.PingSession: ServerTime,
    c.OpenRoom: RoomCard,
    c.RoomHistory: History,
    c.RoomSince: Missed,
    c.ReadRoom: Read,
    c.ReceiveInRoom: Done,
    c.SaveSettings: SettingsSaved,
    c.TypeInRoom: Done,
    c.MuteRoom: Done,
    c.SendMessage: Appended,
    c.EditMessage: Appended,
    c.DeleteMessage: Appended,
    c.AskInvitation: Appended,
    c.SendInvitation: InvitationSent,
    c.WithdrawInvitation: ReservationNow,
    c.DeclineInvitation: ReservationNow,
    c.PressReservation: Pressed,
    c.ReleaseReservation: Done,
    c.PledgeReservation: ReservationNow,
    c.CancelReservation: ReservationNow,
    c.ArriveReservation: ReservationNow,
    c.CompleteReservation: ReservationNow,
    c.MarkNoShow: ReservationNow,
    c.DisputeNoShow: ReservationNow,
    c.JoinWaitlist: Waiting,
    c.LeaveWaitlist: Done,
    c.LinkCalendar: CalendarLinked,
    c.RevokeCalendar: Done,
    c.SavePlan: Plan,
    c.ArchivePlan: Plan,
    c.AddShift: Shifts,
    c.RemoveShift: Shifts,
    c.SetRule: Rules,
    c.SaveProfile: CastProfile,
    c.SetStatus: StatusNow,
    c.AddFollow: Done,
    c.RemoveFollow: Done,
    c.SubscribePush: Done,
    c.UnsubscribePush: Done,
    c.AddBlock: Blocked,
    c.RemoveBlock: Done,
    c.WriteReview: ReviewNow,
    c.SaveMemo: Memo,
    c.EraseMemo: Done,
    c.FileReport: ReportNow,
    c.SettleReport: ReportNow,
    c.MintCastCode: CastCode,
    c.SettleDispute: ReservationNow,
    c.SuspendAccount: StandingNow,
    c.RestoreAccount: StandingNow,
    c.AgeCheckedAccount: StandingNow,
    c.ReplayDelivery: Done,
}
"""Each command's answer; the generated documents are made from it."""


class ResultFrame(Struct, frozen=True):
    id: int
    result: Any
