-- Rectification notices (安全隐患整改通知书) with their history, their numbers, and the marks of a safety officer's visits.

-- The last number given, by township and year: taken and given in the transaction that makes the notice, so that there
-- is neither a gap nor a double.
CREATE TABLE notice_counter (
  township_id text NOT NULL REFERENCES township,
  year int NOT NULL,
  last int NOT NULL,
  PRIMARY KEY (township_id, year)
);

-- Names and addresses are copies: a paper that was handed over does not change with the registry.
CREATE TABLE rectification_notice (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  township_id text NOT NULL REFERENCES township,
  year int NOT NULL,
  serial int NOT NULL,
  village_id text NOT NULL REFERENCES village,
  area_id text NOT NULL REFERENCES transformer_area,
  household_id text REFERENCES household,
  breaker_id text REFERENCES breaker,
  -- no reference: the evidence is copied, and the notice outlives the alarm
  alarm_id text,
  finding text,
  copy jsonb NOT NULL,
  texts jsonb NOT NULL,
  evidence jsonb NOT NULL,
  state text NOT NULL DEFAULT 'draft'
    CHECK (state IN ('draft', 'issued', 'rectified', 'verified', 'refused', 'withdrawn')),
  deadline date NOT NULL,
  -- the midnight that ends the deadline's day in the township's time zone
  deadline_end_ms bigint NOT NULL,
  inspector text,
  officer jsonb,
  officer_id text,
  created_at_ms bigint NOT NULL,
  created_by text NOT NULL,
  issued_at_ms bigint,
  rectified_at_ms bigint,
  verified_at_ms bigint,
  refused_at_ms bigint,
  withdrawn_at_ms bigint,
  reminded_at_ms bigint,
  overdue_at_ms bigint,
  escalated_at_ms bigint,
  reinspection jsonb,
  verification jsonb,
  contradiction jsonb,
  UNIQUE (township_id, year, serial)
);
CREATE INDEX notice_by_time ON rectification_notice (created_at_ms DESC, id DESC);
CREATE INDEX notice_by_village ON rectification_notice (village_id, state);
CREATE INDEX notice_by_breaker ON rectification_notice (breaker_id);
CREATE INDEX notice_to_keep ON rectification_notice (state) WHERE state IN ('issued', 'rectified', 'refused');
-- One notice in hand per alarm: a second request finds the first.
CREATE UNIQUE INDEX notice_of_alarm ON rectification_notice (alarm_id) WHERE state <> 'withdrawn';

CREATE TABLE notice_event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  notice_id uuid NOT NULL REFERENCES rectification_notice,
  at_ms bigint NOT NULL,
  actor text NOT NULL,
  event text NOT NULL,
  detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX notice_event_by_notice ON notice_event (notice_id, id);

-- What waits to be told to people by whatever delivers (webhook, mail); pruned after 30 days.
CREATE TABLE notice_outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at_ms bigint NOT NULL,
  event text NOT NULL,
  notice_id uuid NOT NULL REFERENCES rectification_notice,
  payload jsonb NOT NULL,
  delivered_at_ms bigint
);
CREATE INDEX notice_outbox_waiting ON notice_outbox (id) WHERE delivered_at_ms IS NULL;
CREATE INDEX notice_outbox_by_time ON notice_outbox (at_ms);

-- What came of a visit. The subject is a household, or a breaker that belongs to none; the day's last mark holds.
CREATE TABLE visit_mark (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  on_date date NOT NULL,
  household_id text REFERENCES household,
  breaker_id text REFERENCES breaker,
  mark text NOT NULL CHECK (mark IN ('done', 'notAtHome')),
  note text,
  actor text NOT NULL,
  at_ms bigint NOT NULL,
  CHECK ((household_id IS NULL) <> (breaker_id IS NULL))
);
CREATE INDEX visit_mark_by_day ON visit_mark (on_date, id);
