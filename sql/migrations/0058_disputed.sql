-- Disputes are read in the order in which their reservations were made.
create index reservations_disputed on booking.reservations (created_at, id) where status = 'disputed';
