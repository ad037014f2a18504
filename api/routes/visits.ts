// The visit list of a safety officer or a village, on the page and on paper, and what came of the visits.
import { z } from "zod";
import { noticeLanguages } from "../../domain/http-notices.ts";
import { visitListSchema, visitMarks } from "../../domain/http-visits.ts";
import { idSchema } from "../../domain/ids.ts";
import { daySchema } from "../../domain/periods.ts";
import { printVisits } from "../../notices/print-visits.ts";
import { localDate } from "../../storage/views/scope.ts";
import { readVisitVillages } from "../../storage/views/visit-rows.ts";
import { visitList } from "../../storage/views/visits.ts";
import { markVisit } from "../../storage/visits.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problem, problemResponses } from "../problems.ts";
import { textSchema } from "../query.ts";
import { security } from "../security.ts";
import { sendPrint } from "./notices.ts";

const listFields = {
  officer: textSchema(64).optional(),
  village: idSchema.optional(),
  date: daySchema.optional().describe("a day of the township; today by default"),
};
type Asked = { officer?: string | undefined; village?: string | undefined; date?: string | undefined };

export const visitRoutes = (app: Api, context: RouteContext): void => {
  const { query } = context.db;

  const list = async ({ officer, village, date: given }: Asked) => {
    const nowMs = context.clock();
    const date = given ?? localDate(nowMs, context.timeZone);
    if ((officer === undefined) === (village === undefined))
      throw problem(400, "give either officer or village");
    const of = officer === undefined ? { villageId: village ?? "" } : { officerId: officer };
    const found = await readVisitVillages(query, of, date);
    if (found === null)
      throw officer === undefined ? notFound("village", village ?? "") : notFound("safety officer", officer);
    return visitList(query, { ...found, date, nowMs, timeZone: context.timeZone });
  };

  app.get(
    "/visits",
    {
      schema: {
        tags: ["visits"],
        summary: "The houses that need a visit, in walking order by area: why, since when, what to do",
        description:
          "A past day is answered as things stood at its end, with its marks. Houses that are excused are left out, unless there is danger.",
        security,
        querystring: z.strictObject(listFields),
        response: { 200: visitListSchema, ...problemResponses(400, 401, 404) },
      },
    },
    (request) => list(request.query),
  );

  app.get(
    "/visits/print",
    {
      schema: {
        tags: ["visits"],
        summary: "The visit list to be printed: HTML for A4",
        security,
        querystring: z.strictObject({ ...listFields, lang: z.enum(noticeLanguages).default("zh") }),
        response: {
          200: { description: "the page", content: { "text/html": { schema: z.string() } } },
          ...problemResponses(400, 401, 404),
        },
      },
    },
    async (request, reply) => {
      const { lang, ...asked } = request.query;
      return sendPrint(reply, printVisits(await list(asked), lang, context.timeZone));
    },
  );

  app.post(
    "/visits/marks",
    {
      schema: {
        tags: ["visits"],
        summary: "Record what came of a visit; the day's last mark holds",
        security,
        body: z
          .strictObject({
            householdId: idSchema.optional(),
            breakerId: idSchema.optional().describe("one that belongs to a house stands for it"),
            date: daySchema.optional().describe("today by default; not in the future"),
            mark: z.enum(visitMarks),
            note: textSchema(2_000).optional(),
          })
          .refine(
            (b) => (b.householdId === undefined) !== (b.breakerId === undefined),
            "give either householdId or breakerId",
          ),
        response: { 201: z.object({ marked: z.literal(true) }), ...problemResponses(400, 401, 404) },
      },
    },
    async (request, reply) => {
      const { householdId, breakerId, mark, note } = request.body;
      const nowMs = context.clock();
      const today = localDate(nowMs, context.timeZone);
      const date = request.body.date ?? today;
      if (date > today) throw problem(400, "date: must not be in the future");
      const of = householdId === undefined ? { breakerId: breakerId ?? "" } : { householdId };
      const actor = request.actor;
      if (!(await markVisit(context.db, { of, date, mark, note: note ?? null, actor, nowMs })))
        throw householdId === undefined
          ? notFound("breaker", breakerId ?? "")
          : notFound("household", householdId);
      return reply.code(201).send({ marked: true as const });
    },
  );
};
