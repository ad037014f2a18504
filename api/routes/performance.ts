// Every rate of the plan over a period against its targets, and the breakers that cost most.
import { z } from "zod";
import { breakerLevelSchema } from "../../domain/breaker.ts";
import { listOf } from "../../domain/http.ts";
import { performanceRowSchema, worstBreakerSchema } from "../../domain/http-rates.ts";
import { idSchema } from "../../domain/ids.ts";
import {
  daySchema,
  type PeriodKind,
  periodAt,
  periodKindSchema,
  periodOfDate,
} from "../../domain/periods.ts";
import { rateGroups } from "../../storage/rates/period-sums.ts";
import { performanceBy } from "../../storage/views/performance.ts";
import { worstBreakersBy } from "../../storage/views/worst.ts";
import type { Api, RouteContext } from "../needs.ts";
import { problem, problemResponses } from "../problems.ts";
import { decodeCursor, instantSchema, pageFields, pageOf, period } from "../query.ts";
import { security } from "../security.ts";

const maxWorst = 100;

const positionSchema = z.strictObject({ id: idSchema, fromMs: z.int(), toMs: z.int() });

const periodFields = {
  period: periodKindSchema.optional().describe("a whole day, week or month of the township's time zone"),
  date: daySchema.optional().describe("a local day in the period; today where not given"),
  from: instantSchema.optional(),
  to: instantSchema.optional(),
  township: idSchema.optional(),
  village: idSchema.optional(),
  area: idSchema.optional(),
};

const about =
  "Over `period` in which `date` lies, or from `from` (default: the start of today in the township's time zone) to `to` (default: now); what lies in the future is never counted.";

type Asked = {
  period?: PeriodKind | undefined;
  date?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
};

/** `[fromMs, toMs)` of a question; throws problem 400 where it cannot be understood. */
const askedPeriod = (asked: Asked, nowMs: number, timeZone: string): { fromMs: number; toMs: number } => {
  const today = () => periodAt("day", nowMs - 1, timeZone).fromMs;
  if (asked.period === undefined) {
    if (asked.date !== undefined)
      throw problem(400, "date: needs a period", [{ field: "date", reason: "needs a period" }]);
    return period(asked, { toMs: nowMs, fromMs: (toMs) => Math.min(today(), toMs - 1) });
  }
  if (asked.from !== undefined || asked.to !== undefined)
    throw problem(400, "period: stands for from and to", [
      { field: "period", reason: "stands for from and to" },
    ]);
  const { fromMs, toMs } =
    asked.date === undefined
      ? periodAt(asked.period, nowMs, timeZone)
      : periodOfDate(asked.period, asked.date, timeZone);
  return { fromMs, toMs };
};

export const performanceRoutes = (app: Api, context: RouteContext): void => {
  const { timeZone } = context;
  const scopeOf = (asked: {
    township?: string | undefined;
    village?: string | undefined;
    area?: string | undefined;
  }) => ({
    townshipId: asked.township,
    villageId: asked.village,
    areaId: asked.area,
  });

  app.get(
    "/performance",
    {
      schema: {
        tags: ["rates"],
        summary: "Every rate of the plan over a period, per place, against its targets",
        description: `${about} Counts and targets are as of the period's last millisecond; time counts for the place in which a breaker was at that time.`,
        security,
        querystring: z.strictObject({ ...pageFields, by: z.enum(rateGroups), ...periodFields }),
        response: { 200: listOf(performanceRowSchema), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const asked = request.query;
      const nowMs = context.clock();
      const position = decodeCursor(asked.cursor, positionSchema);
      const { fromMs, toMs } = position ?? askedPeriod(asked, nowMs, timeZone);
      const found = await performanceBy(context.db.query, {
        by: asked.by,
        scope: scopeOf(asked),
        fromMs,
        toMs,
        nowMs,
        timeZone,
        after: position?.id,
        limit: asked.limit + 1,
      });
      return pageOf(found, asked.limit, ({ id }) => ({ id, fromMs, toMs }));
    },
  );

  app.get(
    "/performance/worst-breakers",
    {
      schema: {
        tags: ["rates"],
        summary: "The breakers that cost most time in a period",
        description: `${about} Time not operating or unknown, longest first.`,
        security,
        querystring: z.strictObject({
          limit: z.coerce.number().int().min(1).max(maxWorst).default(10),
          level: breakerLevelSchema.optional(),
          ...periodFields,
        }),
        response: { 200: z.object({ items: z.array(worstBreakerSchema) }), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const asked = request.query;
      const nowMs = context.clock();
      const items = await worstBreakersBy(context.db.query, {
        scope: scopeOf(asked),
        level: asked.level,
        ...askedPeriod(asked, nowMs, timeZone),
        nowMs,
        timeZone,
        limit: asked.limit,
      });
      return { items };
    },
  );
};
