import type { ReactNode } from "react";
import { Problem, sentenceOf } from "../api/problem";
import { Icon } from "./Icon";

/** What is wrong with a form as a whole; what is wrong with a field stands beside it. */
export function FormProblem({ error }: { error: unknown }): ReactNode {
  if (error === null || error === undefined) return null;
  if (error instanceof Problem && error.fields.length > 0) return null;
  return (
    <p className="form-error" role="alert">
      <Icon name="alert" />
      {sentenceOf(error)}
    </p>
  );
}
