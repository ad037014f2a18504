-- An operator wants a quarantined message to be tried again, now that what was wrong has been mended.
ALTER TABLE quarantine ADD COLUMN replay_requested_at timestamptz;
CREATE INDEX quarantine_to_replay ON quarantine (replay_requested_at) WHERE replay_requested_at IS NOT NULL;
