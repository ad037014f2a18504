// Lets in who brings a token: `Authorization: Bearer TOKEN`.
import type { FastifyRequest } from "fastify";
import type { Api, ApiNeeds } from "./needs.ts";
import { problem } from "./problems.ts";

/** Longest Authorization header that is looked at, in characters. */
const maxHeaderCharacters = 4_096;

const bearerToken = (header: string | undefined): string | null => {
  if (header === undefined || header.length > maxHeaderCharacters) return null;
  return /^Bearer +(\S+) *$/i.exec(header)?.[1] ?? null;
};

/** Asks for a token on every route of `app`; unknown paths below it included. */
export const requireToken = (app: Api, authenticate: ApiNeeds["authenticate"]): void => {
  app.addHook("onRequest", async (request: FastifyRequest) => {
    const token = bearerToken(request.headers.authorization);
    const holder = token === null ? null : authenticate(token);
    if (holder === null)
      throw problem(
        401,
        token === null ? "send the header 'Authorization: Bearer TOKEN'" : "this token is not valid",
      );
    request.actor = holder.actor;
  });
};
