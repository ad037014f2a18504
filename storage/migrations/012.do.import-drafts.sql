-- A registry file that was sent in and not yet taken over: its bytes until they are read, then its rows, what is wrong with
-- them, and what taking them over would change. All of it is thrown away a day later.
CREATE TABLE registry_draft (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  file_name text NOT NULL,
  file_bytes bigint NOT NULL,
  actor text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  -- What reading it came to; `reading` until then.
  state text NOT NULL DEFAULT 'reading' CHECK (state IN ('reading', 'bad', 'ready', 'committed')),
  form jsonb,
  row_count int,
  error_count int,
  -- How much would be new, changed, moved, removed, unchanged; and a digest of every single difference.
  counts jsonb,
  difference_digest text,
  compared_at timestamptz,
  result jsonb,
  read_job uuid REFERENCES job,
  commit_job uuid REFERENCES job
);
CREATE INDEX registry_draft_by_time ON registry_draft (created_at DESC, id DESC);

CREATE TABLE registry_draft_part (
  draft_id uuid NOT NULL REFERENCES registry_draft ON DELETE CASCADE,
  n int NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (draft_id, n)
);

-- Good rows, some thousands to a row of this table.
CREATE TABLE registry_draft_rows (
  draft_id uuid NOT NULL REFERENCES registry_draft ON DELETE CASCADE,
  n int NOT NULL,
  rows json NOT NULL,
  PRIMARY KEY (draft_id, n)
);

CREATE TABLE registry_draft_error (
  draft_id uuid NOT NULL REFERENCES registry_draft ON DELETE CASCADE,
  n int NOT NULL,
  line int NOT NULL,
  field text,
  heading text,
  reason text NOT NULL,
  PRIMARY KEY (draft_id, n)
);

-- Differences to what is stored: the first ones of each kind, as a sample.
CREATE TABLE registry_draft_change (
  draft_id uuid NOT NULL REFERENCES registry_draft ON DELETE CASCADE,
  n int NOT NULL,
  line int NOT NULL,
  kind text NOT NULL CHECK (kind IN ('new', 'changed', 'moved', 'removed')),
  subject text NOT NULL,
  subject_id text NOT NULL,
  field text,
  before text,
  after text,
  PRIMARY KEY (draft_id, n)
);
