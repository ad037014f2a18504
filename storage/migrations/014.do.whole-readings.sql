-- What three-phase breakers load by phase, and the settings that a breaker says are active.
ALTER TABLE reading
  ADD COLUMN phase_a_current_a double precision,
  ADD COLUMN phase_b_current_a double precision,
  ADD COLUMN phase_c_current_a double precision,
  ADD COLUMN rated_residual_current_ma double precision,
  ADD COLUMN non_driving_time_ms double precision;
