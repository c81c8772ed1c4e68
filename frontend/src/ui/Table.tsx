// Rows of one kind. The first column names the row and leads to it; on a narrow screen columns that say they may go, go.

import "./table.css";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { classes } from "./Button";

export interface Column<T> {
  title: string;
  cell: (row: T) => ReactNode;
  /** From how wide a page on it is shown. */
  from?: "medium" | "wide";
  align?: "end";
  /** The title is read out but not shown. */
  isBare?: boolean;
}

interface TableProps<T> {
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  keyOf: (row: T) => string | number;
  /** Where a row leads; the whole row can then be pressed. */
  hrefOf?: (row: T) => string;
  isChosen?: (row: T) => boolean;
}

export function Table<T>({ label, rows, columns, keyOf, hrefOf, isChosen }: TableProps<T>): ReactNode {
  return (
    <table className="table" aria-label={label}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.title} scope="col" className={classNames(column)}>
              <span className={column.isBare ? "unseen" : undefined}>{column.title}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)} className={classes(hrefOf && "table-link-row", isChosen?.(row) && "table-chosen")}>
            {columns.map((column, index) => (
              <td key={column.title} className={classNames(column)}>
                {index === 0 && hrefOf ? (
                  <Link href={hrefOf(row)} className="table-link">
                    {column.cell(row)}
                  </Link>
                ) : (
                  column.cell(row)
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function classNames<T>(column: Column<T>): string {
  return classes(column.from && `from-${column.from}`, column.align === "end" && "align-end");
}
