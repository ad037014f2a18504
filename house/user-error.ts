// A failure that its message explains well enough: shown as one sentence, without a stack.
export class UserError extends Error {
  override name = "UserError";
}
