-- What a cast's document is made from, and its digest. Who has said nothing yet is found by her name.
create or replace view portfolio.search_sources as
  select s.*, md5(concat_ws(E'\x01', s.published, s.area, s.tags, s.text)) as source from (
    select a.id as cast_id, coalesce(p.published, true) as published, p.area, coalesce(p.tags, '{}') as tags,
      concat_ws(E'\n', a.display_name, p.headline, p.about, p.area,
        (select string_agg(concat_ws(E'\n', t.ja, t.en, array_to_string(t.synonyms, E'\n')), E'\n' order by t.id) from portfolio.tags t where t.id = any(p.tags))) as text
    from identity.public_accounts a left join portfolio.profiles p on p.cast_id = a.id where a.role = 'cast' and not a.leaving) s;

-- Whose texts have all these letters and pairs of letters, so many at most (null: all). By their index, whatever the planner thinks: it does not see
-- that a pass over the texts would have to fetch and unpack the letters of each.
drop function if exists portfolio.having(text[]);
create or replace function portfolio.having(p_grams text[], p_most int) returns uuid[] language sql stable set enable_seqscan = off as $$
  select coalesce(array_agg(cast_id), '{}') from (select cast_id from portfolio.search_texts where grams @> p_grams limit p_most) found
$$;

-- The same of those who are in one of these lots, all of them.
create or replace function portfolio.having_in(p_grams text[], p_lots smallint[]) returns uuid[] language sql stable set enable_seqscan = off as $$
  select coalesce(array_agg(cast_id), '{}') from portfolio.search_texts where grams @> p_grams and lots && p_lots
$$;

-- When it is a lot's turn on a day, and a cast's among all: by chance, the same all day. The turn is the higher 24 bits.
create or replace function portfolio.turn(p_lot smallint, p_seed bigint) returns bigint language sql immutable parallel safe as $$
  select hashint2extended(p_lot, p_seed) & -1099511627776
$$;
create or replace function portfolio.shuffled(p_cast uuid, p_lot smallint, p_seed bigint) returns bigint language sql immutable parallel safe as $$
  select portfolio.turn(p_lot, p_seed) | (uuid_hash_extended(p_cast, p_seed) & 1099511627775)
$$;

-- The lots whose turn comes next, from a place in the order of a day on: so many that about a thousand casts are in them. Null where the house is so small
-- that it is looked at whole. Lots that share a turn come together.
create or replace function portfolio.next_lots(p_seed bigint, p_shuffle bigint) returns smallint[] language sql stable as $$
  select case when casts > 4000 then array(
    select lot::smallint from generate_series(0, 255) lot where p_shuffle is null or portfolio.turn(lot::smallint, p_seed) >= (p_shuffle & -1099511627776)
    order by portfolio.turn(lot::smallint, p_seed) fetch first (ceil(256000 / casts)) rows with ties) end
  from (select reltuples as casts from pg_class where oid = 'portfolio.search_documents'::regclass) house
$$;

-- Who bears a tag and comes next where it is all that is wished for, from a score on, so many at most; and the score that nobody else comes above (half
-- floats may add a thousand). Nobody where that is not known.
create or replace function portfolio.next_bearers(p_tag text, p_version bigint, p_score int, p_most int, out casts uuid[], out bound int) language sql stable as $$
  select coalesce(array_agg(n.cast_id), '{}'), 501000 + (500000 * greatest(0, case when count(*) = p_most then min(n.nearness) else min(t.floor) end))::int
  from portfolio.tag_vectors t cross join lateral (
    select b.cast_id, b.nearness from portfolio.nearest_bearers b
    where b.tag = t.tag and b.nearness <= (coalesce(p_score, 1000000) - 499000) / 500000.0::real order by b.nearness desc limit p_most) n
  where t.version = p_version and t.tag = p_tag and t.floor is not null
$$;

-- The places of the first among these casts, so many at most, who come into a listing after all: those who are there for this account, in whose text the
-- words really stand (their grams do), who are free then, and who cost no more. All that is dear to ask, so it is asked of some at a time.
create or replace function portfolio.listed(p_account uuid, p_casts uuid[], p_words text[], p_latin text[], p_most bigint, p_from timestamptz, p_to timestamptz,
    p_limit int) returns int[] language plpgsql stable
  set plan_cache_mode = force_generic_plan as $$
declare
  v_at_once constant int := 48;
  v_places int[] := '{}';
  v_some int[];
  v_free uuid[];
begin
  for v_passed in 0 .. cardinality(p_casts) - 1 by v_at_once loop
    v_some := array(
      select v_passed + n::int from unnest(p_casts[v_passed + 1 : v_passed + v_at_once]) with ordinality u(cast_id, n)
      where not exists (select from message.public_blocks b where b.account = p_account and b.other = u.cast_id)
        and not exists (select from identity.public_absent a where a.id = u.cast_id)
        and (p_words = '{}' or exists (select from portfolio.search_texts t where t.cast_id = u.cast_id and not exists (
          select from unnest(p_words, p_latin) q(word, latin) where strpos(t.plain, q.word) = 0 and (q.latin is null or strpos(t.latin, q.latin) = 0))))
        and (p_most is null or p_from is not null or exists (select from offer.public_plans p
          where p.cast_id = u.cast_id and not p.archived and p.currency = 'JPY' and p.amount <= p_most))
      order by n);
    if p_from is not null then
      v_free := array(select offer.public_free(array(select p_casts[n] from unnest(v_some) n), p_from, p_to, p_most));
      v_some := array(select n from unnest(v_some) n where p_casts[n] = any(v_free));
    end if;
    v_places := v_places || v_some;
    exit when cardinality(v_places) >= p_limit;
  end loop;
  return v_places[:p_limit];
end $$;

-- A page of casts. Filters that are cheap for every cast come first; then the order: how near a cast's tags are to what is wished for, half by meaning
-- and half by how much of the wish she bears, in millionths; then the day's shuffle. Both depend on her and the question alone, so that nobody else's
-- coming or going moves her. What is dear to ask is asked last, until the page is full; what she costs, too, unless few cost so little that these are
-- quicker found first. Constants are planned for each time: a filter that is not asked for costs nothing, and what is read lies in memory.
--
-- First only a part is looked at, where it is known to come before the rest: of a large house whom the shuffle alone orders its next lots; with a wish those
-- who bear all of it, as far as they are nearer than anybody else can be (half floats may add a thousand), and before them, where one tag is all that is
-- wished for and no filter leaves few, the nearest of those who bear it. The first few of a part are tried, then who is behind them. Letters are looked up
-- in the lots, or in all the house: texts of those who bear a wish are looked at themselves, since they name it.
create or replace function portfolio.search(p_account uuid, p_tags text[], p_not_tags text[], p_online boolean, p_tonight boolean, p_area text,
    p_words text[], p_latin text[], p_grams text[], p_most bigint, p_from timestamptz, p_to timestamptz,
    p_wish text[], p_version bigint, p_vector text, p_seed bigint, p_score int, p_shuffle bigint, p_after uuid, p_limit int)
  returns table (cast_id uuid, score int, shuffle bigint) language plpgsql stable
  set plan_cache_mode = force_custom_plan set work_mem = '16MB' set random_page_cost = 1.1 as $$
declare
  v_now timestamptz := kernel.moment();
  v_few boolean := p_most is not null and (select count(*) < 3000 from (select from offer.public_plans p
    where not p.archived and p.currency = 'JPY' and p.amount <= p_most limit 3000) few);
  v_first int := case when p_words <> '{}' or p_from is not null or p_most is not null and not v_few then 400 else p_limit + 20 end;
  v_take int := v_first;
  v_passed int := 0;
  v_tried uuid[];
  v_tried_scores int[];
  v_tried_shuffles bigint[];
  v_places int[];
  v_having uuid[];
  v_many uuid[];
  v_earlier boolean := p_vector is not null and p_version < (select max(version) from portfolio.vector_versions);
  v_lots smallint[] := case when p_wish = '{}' then portfolio.next_lots(p_seed, p_shuffle) end;
  v_nearest int := 501000 + 500000 * (cardinality(p_wish) - 1) / greatest(cardinality(p_wish), 1);
  v_bearers boolean := p_wish <> '{}' and not p_wish <@ p_tags and coalesce(p_score > v_nearest, true);
  v_part text := case when v_lots is not null then 'lots' when v_bearers then 'bearers' else 'rest' end;
  v_near uuid[] := '{}';
  v_bound int;
  v_casts uuid[] := '{}';
  v_scores int[] := '{}';
  v_shuffles bigint[] := '{}';
begin
  if cardinality(p_wish) = 1 and p_vector is not null and p_area is null and not (v_earlier or v_few or p_online or p_tonight) then
    select n.casts, n.bound into v_near, v_bound
      from portfolio.next_bearers(p_wish[1], p_version, p_score, case when p_from is null and p_most is null then p_limit + 50 else 500 end) n;
    v_part := case when v_near = '{}' then v_part else 'nearest' end;
  end if;
  loop
    if p_grams <> '{}' and v_part not in ('nearest', 'bearers') and v_having is null then
      v_having := case v_part when 'lots' then portfolio.having_in(p_grams, v_lots) else portfolio.having(p_grams, 2001) end;
      v_many := case when v_part = 'rest' and cardinality(v_having) > 2000 then portfolio.having(p_grams, null) end;
    end if;
    select coalesce(array_agg(tried.cast_id), '{}'), array_agg(tried.score), array_agg(tried.shuffle) into v_tried, v_tried_scores, v_tried_shuffles from (
      select * from (
        select d.cast_id, portfolio.shuffled(d.cast_id, d.lot, p_seed) as shuffle,
          case when p_wish = '{}' then 0 else round(
            500000.0 * case when v_part in ('nearest', 'bearers') or p_wish <@ p_tags then cardinality(p_wish) when cardinality(p_wish) = 1 then (p_wish[1] = any(d.tags))::int
              else (select count(*) from unnest(p_wish) w where w = any(d.tags)) end / cardinality(p_wish)
            + 500000 * coalesce(greatest(0, -(case when v_earlier then d.earlier else d.vector end <#> p_vector::halfvec)), 0))::int end as score
        from portfolio.search_documents d
        where d.published
          and (v_lots is null or (d.lot = any(v_lots)) = (v_part = 'lots'))
          and (v_part <> 'nearest' or d.cast_id = any(v_near))
          and (v_part <> 'bearers' or d.tags @> p_wish)
          and (p_tags = '{}' or d.tags @> p_tags)
          and (p_area is null or d.area = p_area)
          and (p_not_tags = '{}' or not d.tags && p_not_tags)
          and (v_having is null or v_many is not null or d.cast_id = any(v_having))
          and (v_many is null or d.cast_id in (select unnest(v_many)))
          and (not p_online or exists (select from kernel.presence l where l.account = d.cast_id and l.until > v_now
            and not exists (select from portfolio.profiles i where i.cast_id = l.account and i.invisible)))
          and (not p_tonight or exists (select from portfolio.profiles t where t.cast_id = d.cast_id and t.tonight_until > v_now))
          and (not v_few or exists (select from offer.public_plans p where p.cast_id = d.cast_id and not p.archived and p.currency = 'JPY' and p.amount <= p_most))) c
      where p_after is null or (-c.score, c.shuffle, c.cast_id) > (-p_score, p_shuffle, p_after)
      order by c.score desc, c.shuffle, c.cast_id limit v_take offset v_passed) tried;
    v_places := portfolio.listed(p_account, v_tried, p_words, p_latin, case when not v_few or p_from is not null then p_most end, p_from, p_to,
      p_limit - cardinality(v_casts));
    select v_casts || array_agg(v_tried[n]), v_scores || array_agg(v_tried_scores[n]), v_shuffles || array_agg(v_tried_shuffles[n])
    into v_casts, v_scores, v_shuffles from unnest(v_places) n;
    exit when cardinality(v_casts) >= p_limit and v_scores[p_limit] > case v_part when 'nearest' then v_bound when 'bearers' then v_nearest else -1 end;
    if cardinality(v_tried) = v_take and cardinality(v_casts) < p_limit then
      v_passed := v_passed + v_take;
      v_take := null;
    elsif v_part <> 'rest' then
      if v_part <> 'lots' then
        v_casts := '{}'; v_scores := '{}'; v_shuffles := '{}';
      end if;
      v_part := case when v_part = 'nearest' and v_bearers then 'bearers' else 'rest' end;
      v_having := null;
      v_passed := 0;
      v_take := v_first;
    else
      exit;
    end if;
  end loop;
  return query select * from unnest(v_casts, v_scores, v_shuffles);
end $$;
