// The OpenAPI document, made from the same schemas that validate and answer.
import fastifySwagger from "@fastify/swagger";
import fastifySwaggerUi from "@fastify/swagger-ui";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import { z } from "zod";
import {
  alarmSchema,
  areaSchema,
  breakerDetailSchema,
  breakerEventSchema,
  breakerSchema,
  credentialSchema,
  importResultSchema,
  lastReadingSchema,
  levelSummarySchema,
  problemSchema,
  quarantineEntrySchema,
  rateRowSchema,
  readingPointSchema,
  timelineEntrySchema,
  townshipSchema,
  villageSchema,
} from "../domain/http.ts";
import type { Api } from "./needs.ts";

const named = {
  Alarm: alarmSchema,
  TransformerArea: areaSchema,
  BreakerDetail: breakerDetailSchema,
  BreakerEvent: breakerEventSchema,
  Breaker: breakerSchema,
  Credential: credentialSchema,
  ImportResult: importResultSchema,
  LastReading: lastReadingSchema,
  LevelSummary: levelSummarySchema,
  Problem: problemSchema,
  QuarantineEntry: quarantineEntrySchema,
  RateRow: rateRowSchema,
  ReadingPoint: readingPointSchema,
  TimelineEntry: timelineEntrySchema,
  Township: townshipSchema,
  Village: villageSchema,
};

/** Serves /openapi.json and, for people, /docs. Register before the routes. */
export const registerOpenapi = async (app: Api): Promise<void> => {
  // The global registry holds the descriptions, too, so the names have to stand beside them.
  for (const [id, schema] of Object.entries(named))
    z.globalRegistry.add(schema, { ...z.globalRegistry.get(schema), id });
  await app.register(fastifySwagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Hubao",
        version: "1",
        description:
          "Live status, alarms and operational rates of residual-current protective breakers. Times are ISO 8601: in with offset, out in UTC. Rates are fractions 0–1, null where nothing is installed. Errors are problem details (RFC 9457).",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
      tags: [
        { name: "registry" },
        { name: "places" },
        { name: "breakers" },
        { name: "alarms" },
        { name: "rates" },
        { name: "operations" },
      ],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => withoutUnused(jsonSchemaTransformObject(document)),
  });
  await app.register(fastifySwaggerUi, { routePrefix: "/docs", staticCSP: true });
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
};

/** Every named schema is made twice, for what comes in and for what goes out; what no route uses is left out. */
const withoutUnused = <T extends object>(document: T): T => {
  const { components } = document as { components?: { schemas?: Record<string, unknown> } };
  const schemas = components?.schemas ?? {};
  for (;;) {
    const text = JSON.stringify(document);
    const unused = Object.keys(schemas).filter((id) => !text.includes(`"#/components/schemas/${id}"`));
    if (unused.length === 0) return document;
    for (const id of unused) delete schemas[id];
  }
};
