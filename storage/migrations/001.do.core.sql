-- Registry, credentials, operating history, alarms, quarantine, audit. Instants are Unix milliseconds (bigint): the
-- rates must add up to the millisecond, and bigint sums are exact and fast (docs/decisions/004).

CREATE TABLE township (
  id text PRIMARY KEY,
  name text NOT NULL
);

CREATE TABLE village (
  id text PRIMARY KEY,
  township_id text NOT NULL REFERENCES township,
  name text NOT NULL
);
CREATE INDEX village_by_township ON village (township_id);

CREATE TABLE transformer_area (
  id text PRIMARY KEY,
  village_id text NOT NULL REFERENCES village,
  name text NOT NULL
);
CREATE INDEX transformer_area_by_village ON transformer_area (village_id);

CREATE TABLE household (
  id text PRIMARY KEY,
  area_id text NOT NULL REFERENCES transformer_area,
  address text,
  inhabited boolean NOT NULL
);
CREATE INDEX household_by_area ON household (area_id);

-- When a household became inhabited or vacant. The first row of a household holds for all time before it, too.
CREATE TABLE household_occupancy (
  household_id text NOT NULL REFERENCES household,
  from_ms bigint NOT NULL,
  inhabited boolean NOT NULL,
  PRIMARY KEY (household_id, from_ms)
);

CREATE TABLE breaker (
  id text PRIMARY KEY,
  area_id text NOT NULL REFERENCES transformer_area,
  household_id text REFERENCES household,
  level text NOT NULL CHECK (level IN ('household', 'intermediate', 'main')),
  rated_residual_current_ma double precision NOT NULL CHECK (rated_residual_current_ma > 0),
  installed_on date NOT NULL,
  removed_on date
);
CREATE INDEX breaker_by_area ON breaker (area_id);
CREATE INDEX breaker_by_household ON breaker (household_id);

-- Who may connect to the broker. A breaker's client id is its own id; a gateway speaks for one area.
CREATE TABLE credential (
  client_id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('breaker', 'gateway')),
  area_id text NOT NULL REFERENCES transformer_area,
  token_sha256 bytea NOT NULL,
  issued_at timestamptz NOT NULL DEFAULT now()
);

-- The breaker's state by its own evidence, before its area and its household are considered: change points.
CREATE TABLE own_change (
  breaker_id text NOT NULL REFERENCES breaker,
  from_ms bigint NOT NULL,
  state text NOT NULL,
  reason text,
  -- nothing heard, or heard without supply; null before the first report
  dark boolean,
  PRIMARY KEY (breaker_id, from_ms)
);

-- The published history: partitions each breaker's installed time. to_ms is null for the interval that still lasts.
CREATE TABLE operating_interval (
  breaker_id text NOT NULL REFERENCES breaker,
  from_ms bigint NOT NULL,
  to_ms bigint,
  state text NOT NULL CHECK (state IN ('operating', 'notOperating', 'unknown', 'excused')),
  reason text,
  PRIMARY KEY (breaker_id, from_ms)
);
CREATE INDEX operating_interval_by_end ON operating_interval (to_ms);

-- Where each breaker stands now, for reading, and the fold's own memory, for going on after a restart.
CREATE TABLE breaker_state (
  breaker_id text PRIMARY KEY REFERENCES breaker,
  state text NOT NULL,
  reason text,
  since_ms bigint NOT NULL,
  last_reading jsonb,
  last_heard_ms bigint,
  fold jsonb NOT NULL
);

-- The fold's memory before the first report of a day, so that late data need not be judged from the beginning.
CREATE TABLE fold_checkpoint (
  breaker_id text NOT NULL REFERENCES breaker,
  day_ms bigint NOT NULL,
  fold jsonb NOT NULL,
  PRIMARY KEY (breaker_id, day_ms)
);

-- Late data that the history has yet to be revised for, from the given instant on.
CREATE TABLE revision_request (
  breaker_id text PRIMARY KEY REFERENCES breaker,
  from_ms bigint NOT NULL
);

CREATE TABLE area_state (
  area_id text PRIMARY KEY REFERENCES transformer_area,
  fold jsonb NOT NULL
);

CREATE TABLE alarm (
  id text PRIMARY KEY,
  kind text NOT NULL,
  priority text NOT NULL,
  breaker_id text REFERENCES breaker,
  area_id text NOT NULL REFERENCES transformer_area,
  village_id text NOT NULL REFERENCES village,
  raised_at_ms bigint NOT NULL,
  cleared_at_ms bigint,
  acknowledged_at_ms bigint,
  acknowledged_by text,
  occurrences int NOT NULL DEFAULT 1,
  evidence jsonb NOT NULL
);
CREATE INDEX alarm_open ON alarm (village_id) WHERE cleared_at_ms IS NULL;
CREATE INDEX alarm_by_time ON alarm (raised_at_ms DESC, id DESC);
CREATE INDEX alarm_by_breaker ON alarm (breaker_id);

-- Messages that could not be used, as they came. The id is journal:offset:index, so a replay quarantines nothing twice.
CREATE TABLE quarantine (
  id text PRIMARY KEY,
  received_at_ms bigint NOT NULL,
  client_id text NOT NULL,
  topic text NOT NULL,
  reason text NOT NULL,
  detail text NOT NULL,
  payload bytea NOT NULL
);
CREATE INDEX quarantine_by_time ON quarantine (received_at_ms DESC, id DESC);

-- Every act of an operator.
CREATE TABLE audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  actor text NOT NULL,
  act text NOT NULL,
  subject text NOT NULL,
  detail jsonb NOT NULL DEFAULT '{}'
);

-- How far the consumers that commit here have read the journal.
CREATE TABLE consumer_offset (
  journal_id text NOT NULL,
  consumer text NOT NULL,
  "offset" bigint NOT NULL,
  PRIMARY KEY (journal_id, consumer)
);
