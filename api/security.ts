// Security headers of every answer, and what routes say of their protection in the OpenAPI document.
import type { Api } from "./needs.ts";

/** For a route's schema: it asks for the bearer token. */
export const security: readonly { [name: string]: readonly string[] }[] = [{ token: [] }];

// Ant Design writes its styles at run time, so styles may be inline; scripts may not.
const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** Headers that hold for every answer; a policy that a route has set itself stays. */
export const headerDefaults: Readonly<Record<string, string>> = {
  "content-security-policy": contentSecurityPolicy,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
};

export const addSecurityHeaders = (app: Api): void => {
  app.addHook("onSend", async (_request, reply) => {
    for (const [name, value] of Object.entries(headerDefaults))
      if (!reply.hasHeader(name)) reply.header(name, value);
  });
};
