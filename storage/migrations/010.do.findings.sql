-- Thresholds and rules of the findings as data, the state and history of gateways' links, and what breakers usually leak.

-- A threshold that is set otherwise than by default. `level` is empty where it holds for all levels.
CREATE TABLE finding_limit (
  scope text NOT NULL CHECK (scope IN ('township', 'area', 'breaker')),
  scope_id text NOT NULL,
  level text NOT NULL DEFAULT '' CHECK (level IN ('', 'household', 'intermediate', 'main')),
  name text NOT NULL,
  value double precision NOT NULL,
  PRIMARY KEY (scope, scope_id, level, name)
);

-- Who changed which threshold when; null is the default.
CREATE TABLE finding_limit_change (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  actor text NOT NULL,
  scope text NOT NULL,
  scope_id text NOT NULL,
  level text NOT NULL,
  name text NOT NULL,
  old_value double precision,
  new_value double precision
);
CREATE INDEX finding_limit_change_by_scope ON finding_limit_change (scope, scope_id, id DESC);

-- Rules of one's own (domain/own-rule.ts).
CREATE TABLE own_rule (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  rule jsonb NOT NULL,
  changed_by text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
);

-- A gateway's link, apart from the breakers behind it: where it stands, and since when it has been so before.
CREATE TABLE gateway_state (
  gateway_id text PRIMARY KEY,
  area_id text NOT NULL REFERENCES transformer_area,
  online boolean NOT NULL,
  since_ms bigint NOT NULL,
  last_heard_ms bigint,
  alarm jsonb
);
CREATE INDEX gateway_state_by_area ON gateway_state (area_id);
CREATE TABLE gateway_link (
  gateway_id text NOT NULL REFERENCES gateway_state,
  from_ms bigint NOT NULL,
  online boolean NOT NULL,
  -- said: by itself or its last will; heard: it sent something; silent: nothing for three heartbeats
  cause text NOT NULL CHECK (cause IN ('said', 'heard', 'silent')),
  PRIMARY KEY (gateway_id, from_ms)
);

-- What a breaker usually leaks (detection/leakage/baseline.ts): written once an hour, read at the start.
CREATE TABLE breaker_baseline (
  breaker_id text PRIMARY KEY REFERENCES breaker,
  baseline jsonb NOT NULL
);
