-- Facts with their dates, so that last month's rate uses last month's facts: where a breaker was, when the power was taken
-- off on purpose, who looks after a village.

-- Where a breaker has been since which local day. The first row holds for all time before it, too.
CREATE TABLE breaker_placement (
  breaker_id text NOT NULL REFERENCES breaker,
  from_on date NOT NULL,
  area_id text NOT NULL REFERENCES transformer_area,
  household_id text REFERENCES household,
  PRIMARY KEY (breaker_id, from_on)
);
CREATE INDEX breaker_placement_by_area ON breaker_placement (area_id);
INSERT INTO breaker_placement (breaker_id, from_on, area_id, household_id)
  SELECT id, installed_on, area_id, household_id FROM breaker;

-- Power taken off on purpose, from the operator's calendar. Entries of one act share their group.
CREATE TABLE planned_outage (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  group_id uuid NOT NULL,
  area_id text NOT NULL REFERENCES transformer_area,
  from_ms bigint NOT NULL,
  to_ms bigint NOT NULL CHECK (to_ms > from_ms),
  note text NOT NULL DEFAULT '',
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  cancelled_at timestamptz
);
CREATE INDEX planned_outage_by_area ON planned_outage (area_id, from_ms) WHERE cancelled_at IS NULL;
CREATE INDEX planned_outage_by_time ON planned_outage (from_ms DESC, id DESC);

CREATE TABLE safety_officer (
  id text PRIMARY KEY,
  name text NOT NULL,
  phone text NOT NULL DEFAULT ''
);

-- Who looks after a village, from and until which local day (until: the first day on which no more).
CREATE TABLE village_officer (
  village_id text NOT NULL REFERENCES village,
  officer_id text NOT NULL REFERENCES safety_officer,
  from_on date NOT NULL,
  to_on date CHECK (to_on > from_on),
  PRIMARY KEY (village_id, officer_id, from_on)
);
CREATE INDEX village_officer_by_officer ON village_officer (officer_id);

ALTER TABLE transformer_area ADD COLUMN supply_station text;
ALTER TABLE household ADD COLUMN householder text;
ALTER TABLE household ADD COLUMN account_number text;
ALTER TABLE household ADD COLUMN walking_order int;

-- A breaker without a placement has been where it is since its installation: what writes `breaker` alone stays right.
CREATE FUNCTION place_new_breakers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO breaker_placement (breaker_id, from_on, area_id, household_id)
    SELECT id, installed_on, area_id, household_id FROM new_rows
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER breaker_placed AFTER INSERT ON breaker
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION place_new_breakers();
