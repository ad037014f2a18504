// Whether a port can be had, asked before anything slow is started.
import { once } from "node:events";
import { createServer } from "node:net";
import { UserError } from "./user-error.ts";

/** Throws UserError with what to do when the port cannot be listened on. Port 0 can always be had. */
export const requirePort = async (
  host: string,
  port: number,
  what: string,
  variable: string,
): Promise<void> => {
  if (port === 0) return;
  const server = createServer();
  try {
    server.listen({ host, port });
    await once(server, "listening");
  } catch (error) {
    throw portError(error as NodeJS.ErrnoException, host, port, what, variable);
  } finally {
    server.close();
  }
};

const portError = (
  error: NodeJS.ErrnoException,
  host: string,
  port: number,
  what: string,
  variable: string,
): UserError => {
  if (error.code === "EADDRINUSE")
    return new UserError(
      `port ${port} for ${what} is in use: stop what uses it, or set ${variable} to another port`,
    );
  if (error.code === "EACCES")
    return new UserError(
      `port ${port} for ${what} may not be opened by this user: set ${variable} to a port above 1023`,
    );
  if (error.code === "EADDRNOTAVAIL")
    return new UserError(
      `${host} for ${what} is no address of this machine: set ${variable.replace("PORT", "HOST")}`,
    );
  return new UserError(
    `${host}:${port} for ${what} cannot be opened (${error.code ?? error.message}): set ${variable}`,
  );
};
