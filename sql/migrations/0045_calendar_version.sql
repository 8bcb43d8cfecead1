-- Taking the lock of a cast's time changes nothing by itself any more.
comment on column offer.calendars.version is 'Rises with whatever may change what is free.';
