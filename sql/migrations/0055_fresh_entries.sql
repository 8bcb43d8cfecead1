-- message.append takes each room once and each draft with its place among them, and says where the rooms stood.
drop function if exists message.append(uuid[], uuid[], uuid[], text[], text[], bigint[], uuid[], bigint[], jsonb[]);
