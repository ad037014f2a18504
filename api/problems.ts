// Problem details (RFC 9457): the one form in which the api says that something went wrong.
import { STATUS_CODES } from "node:http";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { type Problem, problemSchema } from "../domain/http.ts";
import { isBusy, isDatabaseUnavailable } from "../storage/unavailable.ts";

export const problemType = "application/problem+json";
/** When to come again after a store did not answer, in seconds. */
const retryAfterS = 5;

/** What a caller can be told about its own mistake or about a part that is away. */
export type ProblemAnswer = {
  status: number;
  detail: string;
  errors?: NonNullable<Problem["errors"]>;
  retryAfterS?: number;
};

/** Thrown where a route ends in a problem; the error handler answers it. */
export const problem = (
  status: number,
  detail: string,
  errors?: NonNullable<Problem["errors"]>,
): Error & { problem: ProblemAnswer } =>
  Object.assign(new Error(detail), {
    problem: { status, detail, ...(errors === undefined ? {} : { errors }) },
  });

/** A part is away for now. */
export const unavailable = (detail: string): Error & { problem: ProblemAnswer } =>
  Object.assign(new Error(detail), { problem: { status: 503, detail, retryAfterS } });

/** 404 for a thing that is not there, in words: `notFound("breaker", "b-1")`. */
export const notFound = (kind: string, id: string) => problem(404, `there is no ${kind} '${id}'`);

/** The OpenAPI responses of the problems that a route can end in. */
export const problemResponses = (...statuses: number[]) =>
  Object.fromEntries(
    [...new Set([...statuses, 500, 503])].map((status) => [
      status,
      {
        description: STATUS_CODES[status] ?? "Problem",
        content: { [problemType]: { schema: problemSchema } },
      },
    ]),
  );

const answerOf = (error: unknown): ProblemAnswer | null => {
  if (!(error instanceof Error)) return null;
  if ("problem" in error) return error.problem as ProblemAnswer;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map((issue) => ({
      field: issue.instancePath.slice(1).replaceAll("/", "."),
      reason: issue.message ?? "is not valid",
    }));
    return { status: 400, detail: errors.map(inWords).join("; "), errors };
  }
  if (isDatabaseUnavailable(error))
    return { status: 503, detail: "PostgreSQL does not answer; try again later", retryAfterS };
  if (isBusy(error)) {
    const detail =
      "the registry is being changed, perhaps by an import that is under way; try again when it is done";
    return { status: 503, detail, retryAfterS };
  }
  const { statusCode, code } = error as Partial<FastifyError>;
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500 && code !== undefined)
    return { status: statusCode, detail: error.message };
  return null;
};

const inWords = (e: { field: string; reason: string }): string =>
  e.field === "" ? e.reason : `${e.field}: ${e.reason}`;

/** Sends a problem. */
export const sendProblem = (request: FastifyRequest, reply: FastifyReply, answer: ProblemAnswer) => {
  const body: Problem = {
    type: "about:blank",
    title: STATUS_CODES[answer.status] ?? "Problem",
    status: answer.status,
    detail: answer.detail,
    instance: request.url.split("?", 1)[0] ?? "",
    ...(answer.errors === undefined ? {} : { errors: answer.errors }),
  };
  if (answer.retryAfterS !== undefined) reply.header("retry-after", answer.retryAfterS);
  if (answer.status === 401) reply.header("www-authenticate", 'Bearer realm="hubao"');
  return reply.code(answer.status).type(problemType).send(JSON.stringify(body));
};

/** The one error handler: what it cannot explain is logged and answered without its inside. */
export const errorHandler = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
  const answer = answerOf(error);
  if (answer === null || answer.status >= 500)
    request.log.error({ err: error, method: request.method, url: request.url }, "request failed");
  return sendProblem(
    request,
    reply,
    answer ?? { status: 500, detail: "this is a defect of the server; its log says more" },
  );
};

/** Paths that the router cannot read: wrongly encoded or with a part that is too long. */
export const frameworkErrorHandler = (
  error: { code?: string; message: string },
  request: FastifyRequest,
  reply: FastifyReply,
): void => {
  const tooLong = error.code === "FST_ERR_MAX_PARAM_LENGTH";
  sendProblem(request, reply, {
    status: 400,
    detail: tooLong ? "a part of the path is too long" : "the path is not a valid URL path",
  });
};
