-- Reports that were made: one row a township, period and revision, with its files. A later revision leaves the earlier ones.
CREATE TABLE report (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  township_id text NOT NULL REFERENCES township,
  kind text NOT NULL CHECK (kind IN ('day', 'week', 'month')),
  first_date date NOT NULL,
  from_ms bigint NOT NULL,
  to_ms bigint NOT NULL,
  revision int NOT NULL,
  -- the numbers that it shows, hashed: the same numbers make no new revision
  digest text NOT NULL,
  -- the township's figures in short, for the list and for comparing revisions
  figures jsonb NOT NULL,
  computed_at_ms bigint NOT NULL,
  made_by text NOT NULL,
  UNIQUE (township_id, kind, first_date, revision)
);
CREATE INDEX report_by_time ON report (from_ms DESC, id DESC);

CREATE TABLE report_file (
  report_id uuid NOT NULL REFERENCES report ON DELETE CASCADE,
  language text NOT NULL,
  format text NOT NULL CHECK (format IN ('xlsx', 'csv', 'html', 'pdf')),
  bytes bytea NOT NULL,
  PRIMARY KEY (report_id, language, format)
);

-- What the schedule has asked for: each period once, whatever restarts and however many processes look.
CREATE TABLE report_due (
  township_id text NOT NULL REFERENCES township,
  kind text NOT NULL,
  first_date date NOT NULL,
  job_id uuid NOT NULL,
  PRIMARY KEY (township_id, kind, first_date)
);

-- Since when reports are made on schedule: periods that ended before are made on demand only.
CREATE TABLE report_schedule (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  since_ms bigint NOT NULL
);
