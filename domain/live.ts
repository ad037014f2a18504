// The live feed: what ingest tells the api, over MQTT at QoS 0. A lost message is made good by the next full read.
import { z } from "zod";
import { alarmSchema, lastReadingSchema } from "./http.ts";
import { noticeSchema } from "./http-notices.ts";
import { operatingReasonSchema, operatingStateSchema } from "./operating.ts";

export const liveTopics = {
  readings: "hubao/live/v1/readings",
  states: "hubao/live/v1/states",
  alarms: "hubao/live/v1/alarms",
  notices: "hubao/live/v1/notices",
} as const;
export const liveTopicFilter = "hubao/live/v1/+";

export const liveReadingSchema = lastReadingSchema.extend({ breakerId: z.string() });
export const liveStateSchema = z.object({
  breakerId: z.string(),
  areaId: z.string(),
  villageId: z.string(),
  townshipId: z.string(),
  state: operatingStateSchema,
  reason: operatingReasonSchema.nullable(),
  since: z.string(),
});
export type LiveReading = z.infer<typeof liveReadingSchema>;
export type LiveState = z.infer<typeof liveStateSchema>;

/** Payloads are JSON arrays, so that a busy second is one message. */
export const livePayloads = {
  [liveTopics.readings]: z.array(liveReadingSchema),
  [liveTopics.states]: z.array(liveStateSchema),
  [liveTopics.alarms]: z.array(alarmSchema),
  [liveTopics.notices]: z.array(noticeSchema),
} as const;
