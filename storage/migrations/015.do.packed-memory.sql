-- What detection remembers of a breaker is packed (detection/stored.ts); what older versions wrote as JSON stays until it is
-- written anew. The facts that it was judged with stand beside it, as one line (ingest/facts-line.ts).
ALTER TABLE breaker_state RENAME COLUMN fold TO memory;
ALTER TABLE breaker_state ADD COLUMN facts text;
UPDATE breaker_state SET facts = memory -> 'facts';
ALTER TABLE breaker_state ALTER COLUMN facts SET NOT NULL;
ALTER TABLE breaker_state ALTER COLUMN memory TYPE bytea USING convert_to(memory::text, 'UTF8');
ALTER TABLE breaker_baseline ALTER COLUMN baseline TYPE bytea USING decode(baseline, 'base64');
