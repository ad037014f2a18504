// Identifiers as they stand in topics, tags and URLs.
import { z } from "zod";

/** Township, area, breaker and gateway ids: 1–64 of `[A-Za-z0-9_-]`; safe as MQTT levels and InfluxDB tags. */
export const idPattern = /^[A-Za-z0-9_-]{1,64}$/;
export const idSchema = z.string().regex(idPattern, "1–64 letters, digits, '_' or '-'");
