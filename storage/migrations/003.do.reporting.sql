-- What is reported as points to InfluxDB (ingest/reporting.ts): which rows are new since the last report, told by the
-- transaction that wrote them. Every transaction below pg_snapshot_xmin has ended, so nothing between two such marks is
-- ever missed, whatever the order of commits and whatever instant of the past a row speaks of.

ALTER TABLE operating_interval ADD COLUMN written xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX operating_interval_by_write ON operating_interval (written);

-- How far has been reported; no row while nothing is (no InfluxDB configured).
CREATE TABLE reporting (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  watermark xid8 NOT NULL,
  -- repeats of the state are reported from here on
  since_ms bigint NOT NULL
);

-- Intervals that gave way to others since: a point that spoke of them must be overwritten.
CREATE TABLE operating_gone (
  breaker_id text NOT NULL,
  from_ms bigint NOT NULL,
  state text NOT NULL,
  reason text,
  written xid8 NOT NULL,
  gone xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX operating_gone_by_write ON operating_gone (gone);

CREATE FUNCTION keep_gone_intervals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM reporting) THEN
    INSERT INTO operating_gone (breaker_id, from_ms, state, reason, written)
      SELECT breaker_id, from_ms, state, reason, written FROM old_rows;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER operating_interval_gone AFTER DELETE ON operating_interval
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_gone_intervals();

-- Every transition of every alarm. An alarm's own row keeps only the last of each.
ALTER TABLE alarm ADD COLUMN reopened_at_ms bigint;
CREATE TABLE alarm_event (
  alarm_id text NOT NULL REFERENCES alarm ON DELETE CASCADE,
  at_ms bigint NOT NULL,
  event text NOT NULL CHECK (event IN ('raised', 'cleared', 'acknowledged')),
  written xid8 NOT NULL DEFAULT pg_current_xact_id(),
  PRIMARY KEY (alarm_id, at_ms, event)
);
CREATE INDEX alarm_event_by_write ON alarm_event (written);

INSERT INTO alarm_event (alarm_id, at_ms, event)
  SELECT id, raised_at_ms, 'raised' FROM alarm
  UNION ALL SELECT id, cleared_at_ms, 'cleared' FROM alarm WHERE cleared_at_ms IS NOT NULL
  UNION ALL SELECT id, acknowledged_at_ms, 'acknowledged' FROM alarm WHERE acknowledged_at_ms IS NOT NULL;

CREATE FUNCTION keep_alarm_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO alarm_event (alarm_id, at_ms, event)
    SELECT NEW.id, e.at_ms, e.event FROM (VALUES
      (CASE WHEN TG_OP = 'INSERT' THEN NEW.raised_at_ms
            WHEN OLD.cleared_at_ms IS NOT NULL AND NEW.cleared_at_ms IS NULL THEN NEW.reopened_at_ms END, 'raised'),
      (CASE WHEN NEW.cleared_at_ms IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.cleared_at_ms IS NULL)
            THEN NEW.cleared_at_ms END, 'cleared'),
      (CASE WHEN NEW.acknowledged_at_ms IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.acknowledged_at_ms IS NULL)
            THEN NEW.acknowledged_at_ms END, 'acknowledged')
    ) AS e (at_ms, event)
    WHERE e.at_ms IS NOT NULL
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER alarm_changed AFTER INSERT OR UPDATE ON alarm
  FOR EACH ROW EXECUTE FUNCTION keep_alarm_events();
