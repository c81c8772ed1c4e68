import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { send } from "../../api/call";
import { save } from "../../lib/download";
import { useWords } from "../../lib/language";
import { Button } from "../../ui/Button";
import { toastError } from "../../ui/Toast";
import { analytics } from "../../words/analytics";
import { type Asked, compareOf, filterOf, spanOf } from "./asked";
import { figuresOf } from "./Figures";

/** The dashboard's numbers as a file. */
export function Export({ asked }: { asked: Asked }): ReactNode {
  const t = useWords(analytics);
  const load = useMutation({
    mutationFn: async () => {
      const answer = await send("GET /api/v1/analytics/export", {
        query: { ...spanOf(asked), ...filterOf(asked), ...compareOf(asked), metric: figuresOf(asked) },
      });
      await save(answer, "analytics.csv");
    },
    onError: toastError,
  });
  return (
    <Button icon="download" isBusy={load.isPending} onClick={() => load.mutate()}>
      {t("export")}
    </Button>
  );
}
