-- What breakers and people have recorded: trips with what they were worth, and tests; and the supply of each area by day.

CREATE TABLE trip_record (
  breaker_id text NOT NULL REFERENCES breaker,
  ts_ms bigint NOT NULL,
  seq bigint NOT NULL,
  cause text NOT NULL,
  residual_current_ma double precision,
  phase text,
  reclosed boolean NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('correct', 'nuisanceTrip', 'other')),
  PRIMARY KEY (breaker_id, ts_ms, seq)
);
CREATE INDEX trip_record_by_time ON trip_record (ts_ms);

-- 剩余电流动作保护器测试记录. A report's id is breaker/time/sequence, so that a replay records nothing twice.
CREATE TABLE test_record (
  id text PRIMARY KEY,
  breaker_id text NOT NULL REFERENCES breaker,
  at_ms bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('trip', 'self', 'hand')),
  passed boolean NOT NULL,
  operating_current_ma double precision,
  break_time_ms double precision,
  tester text,
  supply_station text,
  note text,
  source text NOT NULL CHECK (source IN ('report', 'hand')),
  -- when the breaker went off for the test, and when it was on again
  off_at_ms bigint,
  on_at_ms bigint CHECK (on_at_ms >= off_at_ms)
);
CREATE INDEX test_record_by_time ON test_record (at_ms DESC, id DESC);
CREATE INDEX test_record_by_breaker ON test_record (breaker_id, at_ms);

-- An area's voltage and load over one local day, computed from the stored readings when the day has ended, and anew when
-- a report of that day comes later (docs/decisions/015).
CREATE TABLE supply_day (
  area_id text NOT NULL REFERENCES transformer_area,
  day date NOT NULL,
  low_voltage_v double precision NOT NULL,
  -- household breakers with a voltage reading on the day, and those of them that were low for a while
  measured int NOT NULL,
  low int NOT NULL,
  -- time in which at least one was low, and the sum over all of them
  low_ms bigint NOT NULL,
  breaker_low_ms bigint NOT NULL,
  -- time for which the readings speak, over all of them
  measured_ms bigint NOT NULL,
  min_v double precision,
  min_at_ms bigint,
  -- [{breakerId, lowMs, minV}], those that were low longest
  worst jsonb NOT NULL,
  -- charge through the main breaker and through all household breakers while both were known, in A·h
  main_ah double precision NOT NULL,
  household_ah double precision NOT NULL,
  load_ms bigint NOT NULL,
  computed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (area_id, day)
);
CREATE INDEX supply_day_by_day ON supply_day (day);

-- Hours of an area for which reports came late; `ready` once the telemetry store holds them.
CREATE TABLE supply_stale (
  area_id text NOT NULL REFERENCES transformer_area,
  hour_ms bigint NOT NULL,
  ready boolean NOT NULL DEFAULT false,
  -- how often it was marked: what is marked again while it is computed stays marked
  marks int NOT NULL DEFAULT 1,
  PRIMARY KEY (area_id, hour_ms)
);
CREATE INDEX supply_stale_ready ON supply_stale (area_id) WHERE ready;

-- Until when the telemetry store holds everything that was judged, by journal.
CREATE TABLE supply_settled (
  journal_id text PRIMARY KEY,
  until_ms bigint NOT NULL
);
