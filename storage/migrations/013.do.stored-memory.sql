-- What only detection reads is kept as the text that it wrote: jsonb costs a restart ten times as much to print.
ALTER TABLE breaker_state ALTER COLUMN fold TYPE json USING fold::text::json;
ALTER TABLE breaker_baseline ALTER COLUMN baseline TYPE text
  USING CASE jsonb_typeof(baseline) WHEN 'string' THEN baseline #>> '{}' ELSE '' END;
