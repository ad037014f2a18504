-- Long work that an operator or a schedule asked for: imports, recomputations, reports. Done once each, by whichever process
-- takes it; a lease that ran out means that its worker died, and another begins it anew.
CREATE TABLE job (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  kind text NOT NULL,
  actor text NOT NULL,
  params jsonb NOT NULL,
  state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  done bigint NOT NULL DEFAULT 0,
  total bigint,
  note text,
  problem text,
  result jsonb,
  attempts int NOT NULL DEFAULT 0,
  cancel_requested boolean NOT NULL DEFAULT false,
  lease_until timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  finished_at timestamptz
);
CREATE INDEX job_by_time ON job (created_at DESC, id DESC);
CREATE INDEX job_unfinished ON job (kind, created_at) WHERE state IN ('queued', 'running');
