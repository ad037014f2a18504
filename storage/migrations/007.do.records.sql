-- What breakers and people have recorded: trips with what they were worth, and tests.

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
  source text NOT NULL CHECK (source IN ('report', 'hand'))
);
CREATE INDEX test_record_by_time ON test_record (at_ms DESC, id DESC);
CREATE INDEX test_record_by_breaker ON test_record (breaker_id, at_ms);
