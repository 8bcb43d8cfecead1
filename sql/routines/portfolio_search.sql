-- What a cast's document is made from, and its digest. Who has said nothing yet is found by her name.
create or replace view portfolio.search_sources as
  select s.*, md5(concat_ws(E'\x01', s.published, s.area, s.tags, s.text)) as source from (
    select a.id as cast_id, coalesce(p.published, true) as published, p.area, coalesce(p.tags, '{}') as tags,
      concat_ws(E'\n', a.display_name, p.headline, p.about, p.area,
        (select string_agg(concat_ws(E'\n', t.ja, t.en, array_to_string(t.synonyms, E'\n')), E'\n' order by t.id) from portfolio.tags t where t.id = any(p.tags))) as text
    from identity.public_accounts a left join portfolio.profiles p on p.cast_id = a.id where a.role = 'cast' and not a.leaving) s;

-- Whose texts have all these letters and pairs of letters, so many at most (null: all). By their index, whatever the planner thinks: it does not see
-- that a pass over the documents would have to fetch and unpack the letters of each.
drop function if exists portfolio.having(text[]);
create or replace function portfolio.having(p_grams text[], p_most int) returns uuid[] language sql stable set enable_seqscan = off as $$
  select coalesce(array_agg(cast_id), '{}') from (select cast_id from portfolio.search_documents where grams @> p_grams limit p_most) found
$$;

-- A page of casts. Filters that are cheap for every cast come first; then the order: how near a cast's tags are to what is wished for, half by meaning
-- and half by how much of the wish she bears, in millionths; then the day's shuffle. Both depend on her and the question alone, so that nobody else's
-- coming or going moves her. What is dear to ask is asked last and in that order, until the page is full: whether the words really stand in her text (their
-- grams do), whether she is free, and what she costs, unless few cost so little that these are quicker found first. Constants are planned for each time: a
-- filter that is not asked for costs nothing. Where something is asked last, the first few hundred are tried before all are put in order. First
-- only a part is looked at, where it is known to come before the rest, and that is all where a page is found there: of a large house whom the shuffle alone
-- orders its next stretch; with a wish those who bear all of it, as far as they are nearer than anybody else can be (half floats may add a thousand). In a part, words are looked for in the
-- texts themselves, unless few have their letters.
create or replace function portfolio.search(p_account uuid, p_tags text[], p_not_tags text[], p_online boolean, p_tonight boolean, p_area text,
    p_words text[], p_latin text[], p_grams text[], p_most bigint, p_from timestamptz, p_to timestamptz,
    p_wish text[], p_version bigint, p_vector text, p_seed bigint, p_score int, p_shuffle bigint, p_after uuid, p_limit int)
  returns table (cast_id uuid, score int, shuffle bigint) language plpgsql stable set plan_cache_mode = force_custom_plan set work_mem = '16MB' as $$
declare
  v_few boolean := p_most is not null and (select count(*) < 3000 from (select from offer.public_plans p
    where not p.archived and p.currency = 'JPY' and p.amount <= p_most limit 3000) few);
  v_tried int := case when p_words <> '{}' or p_from is not null or p_most is not null and not v_few then 400 end;
  v_having uuid[];
  v_common boolean := false;
  v_many uuid[];
  v_stretch numeric := 1000 / (select greatest(reltuples, 1) from pg_class where oid = 'portfolio.search_documents'::regclass)::numeric * 18446744073709551616;
  v_until bigint := case when p_wish = '{}' and v_stretch < 4611686018427387904 then
    least(coalesce(p_shuffle, -9223372036854775808) + v_stretch, 9223372036854775807) end;
  v_nearest int := 501000 + 500000 * (cardinality(p_wish) - 1) / greatest(cardinality(p_wish), 1);
  v_bearers boolean := p_wish <> '{}' and not p_wish <@ p_tags and coalesce(p_score > v_nearest, true);
  v_casts uuid[];
  v_scores int[];
  v_shuffles bigint[];
begin
  loop
    if p_grams <> '{}' and not v_bearers and v_having is null then
      v_having := portfolio.having(p_grams, 2001);
      v_common := cardinality(v_having) > 2000;
    end if;
    if v_common and v_until is null and v_many is null then
      v_many := portfolio.having(p_grams, null);
    end if;
    select array_agg(page.cast_id), array_agg(page.score), array_agg(page.shuffle) into v_casts, v_scores, v_shuffles from (
    select f.cast_id, f.score, f.shuffle from (
      select c.cast_id, c.score, c.shuffle, c.plain, c.latin from (
        select d.cast_id, d.plain, d.latin, uuid_hash_extended(d.cast_id, p_seed) as shuffle,
          case when p_wish = '{}' then 0 else round(
            500000.0 * case when v_bearers or p_wish <@ p_tags then cardinality(p_wish) when cardinality(p_wish) = 1 then (p_wish[1] = any(d.tags))::int
              else (select count(*) from unnest(p_wish) w where w = any(d.tags)) end / cardinality(p_wish)
            + 500000 * coalesce(greatest(0, -(v.vector <#> p_vector::halfvec)), 0))::int end as score
        from portfolio.search_documents d
        left join portfolio.cast_vectors v on p_vector is not null and v.version = p_version and v.cast_id = d.cast_id
        where d.published
          and (v_until is null or uuid_hash_extended(d.cast_id, p_seed) <= v_until)
          and (not v_bearers or d.tags @> p_wish)
          and (p_tags = '{}' or d.tags @> p_tags)
          and (p_not_tags = '{}' or case when v_until is null or uuid_hash_extended(d.cast_id, p_seed) <= v_until then not d.tags && p_not_tags end)
          and (p_area is null or d.area = p_area)
          and (v_having is null or v_common or d.cast_id = any(v_having))
          and (v_many is null or d.cast_id in (select unnest(v_many)))
          and (not p_online or exists (select from kernel.presence l where l.account = d.cast_id and l.until > kernel.instant()
            and not exists (select from portfolio.profiles i where i.cast_id = l.account and i.invisible)))
          and (not p_tonight or exists (select from portfolio.profiles t where t.cast_id = d.cast_id and t.tonight_until > kernel.instant()))
          and (not v_few or exists (select from offer.public_plans p where p.cast_id = d.cast_id and not p.archived and p.currency = 'JPY' and p.amount <= p_most))
          and not exists (select from message.public_blocks b where b.account = p_account and b.other = d.cast_id)
          and not exists (select from identity.public_absent a where a.id = d.cast_id)) c
      where p_after is null or (-c.score, c.shuffle, c.cast_id) > (-p_score, p_shuffle, p_after)
      order by c.score desc, c.shuffle, c.cast_id limit v_tried offset 0) f
    where (p_words = '{}' or not exists (select from unnest(p_words, p_latin) q(word, latin)
        where strpos(f.plain, q.word) = 0 and (q.latin is null or strpos(f.latin, q.latin) = 0)))
      and (p_most is null or v_few or p_from is not null or exists (select from offer.public_plans p
        where p.cast_id = f.cast_id and not p.archived and p.currency = 'JPY' and p.amount <= p_most))
      and (p_from is null or offer.public_is_free(f.cast_id, p_from, p_to, p_most))
    limit p_limit) page;
    exit when cardinality(v_casts) >= p_limit and (not v_bearers or v_scores[p_limit] > v_nearest);
    exit when v_until is null and not v_bearers and v_tried is null;
    v_tried := case when v_until is not null or v_bearers then v_tried end;
    v_until := null;
    v_bearers := false;
  end loop;
  return query select * from unnest(v_casts, v_scores, v_shuffles);
end $$;
