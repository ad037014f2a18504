// The JSON of gateways: the state of their link and its history, apart from the breakers behind them.
import { z } from "zod";
import { idSchema } from "./ids.ts";

const timeSchema = z.iso.datetime({ offset: true });

/** What made a link online or offline: the gateway or its last will said so, it was heard, or it fell silent. */
export const linkCauses = ["said", "heard", "silent"] as const;
export const linkCauseSchema = z.enum(linkCauses);
export type LinkCause = z.infer<typeof linkCauseSchema>;

export const gatewaySchema = z.object({
  id: idSchema,
  areaId: z.string(),
  areaName: z.string(),
  villageId: z.string(),
  online: z.boolean(),
  since: timeSchema,
  lastHeardAt: timeSchema.nullable(),
  breakers: z.int().describe("breakers installed in its transformer area"),
  silentBreakers: z
    .int()
    .describe("of these, not heard at present: their silence is their own while the gateway is online"),
});
export type GatewayView = z.infer<typeof gatewaySchema>;

export const gatewayLinkSchema = z.object({
  from: timeSchema,
  to: timeSchema.nullable(),
  online: z.boolean(),
  cause: linkCauseSchema,
});
export type GatewayLink = z.infer<typeof gatewayLinkSchema>;
