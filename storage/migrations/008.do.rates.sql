-- Rates (docs/rates.md): targets as data, the operating history summed by local day, and what has been published.

-- The first instant of a local day. Where the clocks go back over midnight it is the earlier of the two.
CREATE FUNCTION local_midnight_ms(day date, zone text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (extract(epoch FROM CASE
            WHEN ((day::timestamp AT TIME ZONE zone) - interval '1 hour') AT TIME ZONE zone >= day::timestamp
            THEN (day::timestamp AT TIME ZONE zone) - interval '1 hour'
            ELSE day::timestamp AT TIME ZONE zone END) * 1000)::bigint
$$;

CREATE FUNCTION multirange_ms(ranges int8multirange) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT COALESCE(sum(upper(r) - lower(r)), 0)::bigint FROM unnest(ranges) AS r
$$;

-- What the plan asks for, from a local day on; without a row the defaults of domain/targets.ts hold.
CREATE TABLE target (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  measure text NOT NULL CHECK (measure IN ('installationRate', 'operationalRate', 'inhabitedCoverage', 'officerShare')),
  level text CHECK (level IN ('household', 'intermediate', 'main')),
  township_id text REFERENCES township,
  village_id text REFERENCES village,
  value double precision NOT NULL CHECK (value BETWEEN 0 AND 1),
  valid_from date NOT NULL,
  set_by text NOT NULL,
  set_at timestamptz NOT NULL DEFAULT now(),
  CHECK (township_id IS NULL OR village_id IS NULL),
  CHECK ((level IS NOT NULL) = (measure IN ('installationRate', 'operationalRate')))
);
CREATE UNIQUE INDEX target_key ON target
  (measure, COALESCE(level, ''), COALESCE(township_id, ''), COALESCE(village_id, ''), valid_from);

-- Until when days have been summed, and in which time zone. What changes before is marked as stale.
CREATE TABLE rate_horizon (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  until_ms bigint NOT NULL,
  time_zone text NOT NULL
);

-- An area's local day [day_ms, to_ms) whose sums stand in the tables below. Counts are as of its last millisecond.
CREATE TABLE rate_day (
  area_id text NOT NULL REFERENCES transformer_area,
  day_ms bigint NOT NULL,
  to_ms bigint NOT NULL,
  households int NOT NULL,
  inhabited int NOT NULL,
  inhabited_installed int NOT NULL,
  inhabited_operating int NOT NULL,
  inhabited_ms bigint NOT NULL,
  inhabited_operating_ms bigint NOT NULL,
  inhabited_excused_ms bigint NOT NULL,
  PRIMARY KEY (area_id, day_ms)
);
CREATE INDEX rate_day_by_day ON rate_day (day_ms);

CREATE TABLE rate_day_level (
  area_id text NOT NULL,
  day_ms bigint NOT NULL,
  level text NOT NULL,
  installed_ms bigint NOT NULL,
  operating_ms bigint NOT NULL,
  unknown_ms bigint NOT NULL,
  excused_ms bigint NOT NULL,
  never_reported_ms bigint NOT NULL,
  protection_exited_ms bigint NOT NULL,
  trip_function_fault_ms bigint NOT NULL,
  bypassed_ms bigint NOT NULL,
  open_ms bigint NOT NULL,
  installed int NOT NULL,
  operating int NOT NULL,
  not_operating int NOT NULL,
  unknown int NOT NULL,
  excused int NOT NULL,
  PRIMARY KEY (area_id, day_ms, level)
);

-- Only breakers that lost time on the day.
CREATE TABLE rate_day_breaker (
  area_id text NOT NULL,
  day_ms bigint NOT NULL,
  breaker_id text NOT NULL,
  unknown_ms bigint NOT NULL,
  never_reported_ms bigint NOT NULL,
  protection_exited_ms bigint NOT NULL,
  trip_function_fault_ms bigint NOT NULL,
  bypassed_ms bigint NOT NULL,
  open_ms bigint NOT NULL,
  PRIMARY KEY (area_id, day_ms, breaker_id)
);

-- Days of an area in [from_ms, to_ms) whose sums no longer hold.
CREATE TABLE rate_stale (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  area_id text NOT NULL,
  from_ms bigint NOT NULL,
  to_ms bigint NOT NULL
);
CREATE INDEX rate_stale_by_area ON rate_stale (area_id);

-- The horizon as a writer of history or facts must see it: the lock makes whoever moves it wait for the writer's end, so
-- that no day is summed without a change that was not marked. Null while nothing is summed.
CREATE FUNCTION rate_horizon_ms() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtext('hubao_rate_horizon'));
  RETURN (SELECT until_ms FROM rate_horizon);
END $$;

CREATE FUNCTION mark_stale_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  until bigint := rate_horizon_ms();
BEGIN
  -- Each branch looks first: what goes on live lies beyond the horizon, and must cost nothing.
  IF TG_OP = 'INSERT' THEN
    IF NOT EXISTS (SELECT FROM new_rows WHERE from_ms < until) THEN RETURN NULL; END IF;
    INSERT INTO rate_stale (area_id, from_ms, to_ms)
      SELECT p.area_id, min(n.from_ms), max(LEAST(COALESCE(n.to_ms, until), until)) FROM new_rows n
       CROSS JOIN LATERAL (SELECT area_id FROM breaker_placement WHERE breaker_id = n.breaker_id OFFSET 0) p
       WHERE n.from_ms < until GROUP BY p.area_id;
  ELSIF TG_OP = 'DELETE' THEN
    IF NOT EXISTS (SELECT FROM old_rows WHERE from_ms < until) THEN RETURN NULL; END IF;
    INSERT INTO rate_stale (area_id, from_ms, to_ms)
      SELECT p.area_id, min(o.from_ms), max(LEAST(COALESCE(o.to_ms, until), until)) FROM old_rows o
       CROSS JOIN LATERAL (SELECT area_id FROM breaker_placement WHERE breaker_id = o.breaker_id OFFSET 0) p
       WHERE o.from_ms < until GROUP BY p.area_id;
  ELSE
    -- Only the end of an interval is ever updated: what changes lies between the old end and the new one.
    IF NOT EXISTS (SELECT FROM new_rows WHERE to_ms < until) AND NOT EXISTS (SELECT FROM old_rows WHERE to_ms < until)
      THEN RETURN NULL; END IF;
    INSERT INTO rate_stale (area_id, from_ms, to_ms)
      SELECT p.area_id, min(LEAST(o.to_ms, n.to_ms)),
             max(LEAST(GREATEST(COALESCE(o.to_ms, until), COALESCE(n.to_ms, until)), until))
        FROM old_rows o JOIN new_rows n USING (breaker_id, from_ms)
       CROSS JOIN LATERAL (SELECT area_id FROM breaker_placement WHERE breaker_id = o.breaker_id OFFSET 0) p
       WHERE o.to_ms IS DISTINCT FROM n.to_ms AND LEAST(o.to_ms, n.to_ms) < until GROUP BY p.area_id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER operating_interval_rates_insert AFTER INSERT ON operating_interval
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_history();
CREATE TRIGGER operating_interval_rates_delete AFTER DELETE ON operating_interval
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_history();
CREATE TRIGGER operating_interval_rates_update AFTER UPDATE ON operating_interval
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_history();

-- Other facts of a breaker: all its areas are stale from its installation on.
CREATE FUNCTION mark_stale_breakers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  until bigint := rate_horizon_ms();
BEGIN
  IF until IS NULL THEN RETURN NULL; END IF;
  INSERT INTO rate_stale (area_id, from_ms, to_ms)
    SELECT p.area_id, min(local_midnight_ms(LEAST(o.installed_on, n.installed_on), h.time_zone)), until
      FROM old_rows o JOIN new_rows n USING (id)
      JOIN breaker_placement p ON p.breaker_id = o.id CROSS JOIN rate_horizon h
     WHERE (o.level, o.installed_on, o.removed_on) IS DISTINCT FROM (n.level, n.installed_on, n.removed_on)
       AND local_midnight_ms(LEAST(o.installed_on, n.installed_on), h.time_zone) < until
     GROUP BY p.area_id;
  RETURN NULL;
END $$;
CREATE TRIGGER breaker_rates_update AFTER UPDATE ON breaker
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_breakers();

CREATE FUNCTION mark_stale_placements() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  until bigint := rate_horizon_ms();
BEGIN
  IF until IS NULL THEN RETURN NULL; END IF;
  -- A placement ends where the next begins: the areas of all the breaker's placements may have changed.
  INSERT INTO rate_stale (area_id, from_ms, to_ms)
    SELECT x.area_id, min(local_midnight_ms(b.installed_on, h.time_zone)), until
      FROM changed_rows c JOIN breaker b ON b.id = c.breaker_id
     CROSS JOIN LATERAL (
       SELECT c.area_id UNION SELECT area_id FROM breaker_placement WHERE breaker_id = c.breaker_id) x
     CROSS JOIN rate_horizon h
     WHERE local_midnight_ms(b.installed_on, h.time_zone) < until
     GROUP BY x.area_id;
  RETURN NULL;
END $$;
CREATE TRIGGER breaker_placement_rates_insert AFTER INSERT ON breaker_placement
  REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_placements();
CREATE TRIGGER breaker_placement_rates_delete AFTER DELETE ON breaker_placement
  REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_placements();
CREATE TRIGGER breaker_placement_rates_was AFTER UPDATE ON breaker_placement
  REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_placements();
CREATE TRIGGER breaker_placement_rates_is AFTER UPDATE ON breaker_placement
  REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_placements();

-- Houses: who lives where since when. The first row of a house holds for all time before it.
CREATE FUNCTION mark_stale_occupancy() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  until bigint := rate_horizon_ms();
BEGIN
  IF until IS NULL THEN RETURN NULL; END IF;
  INSERT INTO rate_stale (area_id, from_ms, to_ms)
    SELECT x.area_id, min(x.from_ms), until
      FROM (SELECT h.area_id, CASE WHEN EXISTS (SELECT FROM household_occupancy e
                                                 WHERE e.household_id = c.household_id AND e.from_ms < c.from_ms)
                                   THEN c.from_ms ELSE 0 END AS from_ms
              FROM changed_rows c JOIN household h ON h.id = c.household_id) x
     WHERE x.from_ms < until GROUP BY x.area_id;
  RETURN NULL;
END $$;
CREATE TRIGGER household_occupancy_rates_insert AFTER INSERT ON household_occupancy
  REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_occupancy();
CREATE TRIGGER household_occupancy_rates_delete AFTER DELETE ON household_occupancy
  REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_occupancy();
CREATE TRIGGER household_occupancy_rates_was AFTER UPDATE ON household_occupancy
  REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_occupancy();
CREATE TRIGGER household_occupancy_rates_is AFTER UPDATE ON household_occupancy
  REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_occupancy();

CREATE FUNCTION mark_stale_houses() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  until bigint := rate_horizon_ms();
BEGIN
  IF until IS NULL THEN RETURN NULL; END IF;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO rate_stale (area_id, from_ms, to_ms) SELECT DISTINCT area_id, 0, until FROM new_rows;
  ELSE
    INSERT INTO rate_stale (area_id, from_ms, to_ms)
      SELECT DISTINCT x.area_id, 0, until
        FROM old_rows o JOIN new_rows n USING (id)
       CROSS JOIN LATERAL (VALUES (o.area_id), (n.area_id)) AS x (area_id)
       WHERE (o.area_id, o.inhabited) IS DISTINCT FROM (n.area_id, n.inhabited) AND
             (o.area_id <> n.area_id OR NOT EXISTS (SELECT FROM household_occupancy e WHERE e.household_id = n.id));
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER household_rates_insert AFTER INSERT ON household
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_houses();
CREATE TRIGGER household_rates_update AFTER UPDATE ON household
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_houses();

-- What was published of a period, as it was then. When late data changes it a further revision is stored; none is removed.
CREATE TABLE published_rate (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  township_id text NOT NULL REFERENCES township,
  kind text NOT NULL CHECK (kind IN ('day', 'week', 'month')),
  first_date date NOT NULL,
  from_ms bigint NOT NULL,
  to_ms bigint NOT NULL,
  revision int NOT NULL,
  -- {township: row, villages: [row]}, the rows of GET /api/v1/performance
  numbers jsonb NOT NULL,
  -- {definitions, snapshot, offsets, audit}: the version of the rules and how far the data reached
  computed_from jsonb NOT NULL,
  cause text NOT NULL CHECK (cause IN ('schedule', 'demand', 'change')),
  published_by text NOT NULL,
  published_at_ms bigint NOT NULL,
  UNIQUE (township_id, kind, first_date, revision)
);
CREATE INDEX published_rate_by_time ON published_rate (from_ms DESC);
