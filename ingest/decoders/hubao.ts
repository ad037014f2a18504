// The project's own device language: the JSON of wire contract version 1.
import type { z } from "zod";
import { wireLimits } from "../../domain/limits.ts";
import type { Report } from "../../domain/report.ts";
import { batchEntrySchema, batchSchema, bodySchemas, type ReportKind } from "../../domain/wire.ts";
import type { Rejection } from "./rejection.ts";

export type DecodedReport = { ok: true; report: Report } | { ok: false; rejection: Rejection };

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Parses UTF-8 JSON; answers why not where it is not. */
export const parseJson = (
  payload: Uint8Array,
): { ok: true; value: unknown } | { ok: false; rejection: Rejection } => {
  let text: string;
  try {
    text = utf8.decode(payload);
  } catch {
    return { ok: false, rejection: { reason: "invalidUtf8", detail: "the payload is not valid UTF-8" } };
  }
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    return {
      ok: false,
      rejection: { reason: "invalidJson", detail: (error as Error).message.slice(0, 300) },
    };
  }
};

export const invalidPayload = (error: z.ZodError): Rejection => ({
  reason: "invalidPayload",
  detail: error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`)
    .join("; ")
    .slice(0, 500),
});

/** Whether the device's clock can be believed (wire contract, version 1). */
export const hasPlausibleTime = (tsMs: number, arrivalMs: number): boolean =>
  tsMs >= wireLimits.minDeviceTimeMs && tsMs <= arrivalMs + wireLimits.maxClockAheadMs;

/** Device time, or arrival time where the device's clock is implausible. */
export const plausibleTime = (tsMs: number, arrivalMs: number): { tsMs: number; clockReplaced: boolean } =>
  hasPlausibleTime(tsMs, arrivalMs)
    ? { tsMs, clockReplaced: false }
    : { tsMs: arrivalMs, clockReplaced: true };

/** Validates one body of the given kind. */
export const decodeBody = (
  kind: ReportKind,
  breakerId: string,
  value: unknown,
  arrivalMs: number,
): DecodedReport => {
  const parsed = bodySchemas[kind].safeParse(value);
  if (!parsed.success) return { ok: false, rejection: invalidPayload(parsed.error) };
  const { ts, ...rest } = parsed.data;
  const { seq = 0, ...body } = rest as { seq?: number };
  return {
    ok: true,
    report: { kind, body, breakerId, seq, arrivalMs, ...plausibleTime(ts, arrivalMs) } as Report,
  };
};

/** Takes a gateway's batch apart; a bad entry costs only itself. */
export const decodeBatch = (value: unknown, arrivalMs: number): DecodedReport[] => {
  const batch = batchSchema.safeParse(value);
  if (!batch.success) return [{ ok: false, rejection: invalidPayload(batch.error) }];
  return batch.data.entries.map((entry) => {
    const parsed = batchEntrySchema.safeParse(entry);
    if (!parsed.success) return { ok: false, rejection: invalidPayload(parsed.error) };
    return decodeBody(parsed.data.kind, parsed.data.breakerId, parsed.data.body, arrivalMs);
  });
};
