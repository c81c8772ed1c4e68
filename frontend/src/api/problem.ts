// What went wrong, in the product's words. The server's codes are promises; its sentences are in English, so they are
// shown only where no words of ours know the code.

import { language, say, sayIn } from "../lib/language";
import { fieldProblems } from "../words/fieldProblems";
import { problems } from "../words/problems";

export interface FieldProblem {
  field: string;
  code: string;
  detail: string;
}

export class Problem extends Error {
  readonly status: number; // 0: no answer came
  readonly code: string;
  readonly fields: readonly FieldProblem[];
  readonly retryAfterSeconds: number | null;

  constructor(of: {
    status: number;
    code: string;
    detail: string;
    fields?: readonly FieldProblem[];
    retryAfterSeconds?: number | null;
  }) {
    super(of.detail);
    this.status = of.status;
    this.code = of.code;
    this.fields = of.fields ?? [];
    this.retryAfterSeconds = of.retryAfterSeconds ?? null;
  }
}

export async function problemOf(answer: Response): Promise<Problem> {
  const wait = Number(answer.headers.get("Retry-After"));
  const retryAfterSeconds = wait > 0 ? wait : null;
  try {
    const body = (await answer.json()) as { error?: string; detail?: string; fields?: FieldProblem[] };
    if (typeof body.error === "string") {
      return new Problem({
        status: answer.status,
        code: body.error,
        detail: body.detail ?? "",
        fields: body.fields ?? [],
        retryAfterSeconds,
      });
    }
  } catch {
    // No JSON: something between us and Hilo answered.
  }
  return new Problem({ status: answer.status, code: "unreadable", detail: answer.statusText, retryAfterSeconds });
}

const WAITS = new Set(["too_many_logins", "login_throttled"]);

/** The sentence for a person. */
export function sentenceOf(error: unknown): string {
  const t = sayIn(problems);
  if (!(error instanceof Problem)) return t("internal");
  if (WAITS.has(error.code) && error.retryAfterSeconds !== null) {
    return t("too_many_logins_for", { n: Math.ceil(error.retryAfterSeconds / 60) });
  }
  if (error.code in problems) return t(error.code as "internal");
  if (error.status >= 500) return t("internal");
  return error.message || t("internal");
}

/** The sentence for one field of a form, if it is at fault. */
export function fieldProblem(error: unknown, field: string): string | undefined {
  if (!(error instanceof Problem)) return undefined;
  const found = error.fields.find((each) => each.field === field || each.field.startsWith(`${field}.`));
  return found && sentenceOfField(found);
}

/** As `fieldProblem`: of what was left empty, that it is needed says more than how it should look. */
export function inputProblem(error: unknown, field: string, value: string | undefined): string | undefined {
  const problem = fieldProblem(error, field);
  return problem !== undefined && !value?.trim() ? sayIn(fieldProblems)("missing") : problem;
}

export function sentenceOfField({ code, detail }: Pick<FieldProblem, "code" | "detail">): string {
  if (!(code in fieldProblems)) return detail;
  const [a = "", b = ""] = detail.match(/\d+/g) ?? [];
  if (code === "string_too_short" && a === "1") return sayIn(fieldProblems)("missing");
  return say(fieldProblems[code as "missing"], language.get(), { a, b });
}
