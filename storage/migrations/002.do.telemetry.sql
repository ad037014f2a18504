-- Telemetry where no InfluxDB is configured: reports by day of device time (UTC). The days' partitions are made as they
-- are needed and dropped when the retention has passed (storage/telemetry/postgres.ts). Doubles keep what devices sent.

CREATE TABLE reading (
  breaker_id text NOT NULL,
  ts_ms bigint NOT NULL,
  seq bigint NOT NULL,
  arrival_ms bigint NOT NULL,
  clock_replaced boolean NOT NULL,
  contact text NOT NULL,
  protection text NOT NULL,
  residual_current_ma double precision NOT NULL,
  load_current_a double precision,
  voltage_v double precision,
  temperature_c double precision,
  signal_dbm double precision,
  PRIMARY KEY (breaker_id, ts_ms, seq)
) PARTITION BY RANGE (ts_ms);

CREATE TABLE report_event (
  breaker_id text NOT NULL,
  ts_ms bigint NOT NULL,
  seq bigint NOT NULL,
  kind text NOT NULL,
  arrival_ms bigint NOT NULL,
  clock_replaced boolean NOT NULL,
  body jsonb NOT NULL,
  PRIMARY KEY (breaker_id, ts_ms, seq, kind)
) PARTITION BY RANGE (ts_ms);
