// Tells a PostgreSQL that cannot answer now from a statement that is wrong.

const networkCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);
// 08: connection exceptions, 53: insufficient resources, 57P: shut down, crashed, starting up.
const sqlStates = /^(08|53|57P)/;
// The pool and the client say these without a code.
const messages =
  /timeout exceeded when trying to connect|Connection terminated|client has encountered a connection error/i;

/** Whether the error means that something else was under way for too long: a lock was not let go. */
export const isBusy = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "55P03";

/** Whether the error means that the database is away, and the same statement may succeed later. */
export const isDatabaseUnavailable = (error: unknown): boolean => {
  if (error instanceof AggregateError) return error.errors.some(isDatabaseUnavailable);
  if (!(error instanceof Error)) return false;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // A socket file that is not there; a missing file of any other kind is something else.
  if (code === "ENOENT") return "syscall" in error && error.syscall === "connect";
  return networkCodes.has(code) || sqlStates.test(code) || messages.test(error.message);
};
