import type { Kysely } from 'kysely'

/** `position` is where the row is stored. */
export interface SampledRow {
  position: number | string
  value: string | number
}

export interface Sample {
  /** The oldest first. */
  rows: SampledRow[]
  /** About how many rows the table has. */
  size: number
  /** All rows of the table are in `rows`. */
  isComplete: boolean
}

export interface SampleOptions {
  /** The column with the value. */
  column: string
  /** The column that tells which row is older. Of equal ones, the row that is stored first. */
  age: string
  /** A table that surely has fewer rows may have no sample. */
  max: number
  /** Between 0 and 1, so that the next sample has other rows. */
  random: number
}

/** Reads tables as they are stored. Counting and sorting a million rows with each batch would take too long. */
export interface TableRows {
  sample<Schema>(db: Kysely<Schema>, table: string, options: SampleOptions): Promise<Sample | undefined>
  delete<Schema>(db: Kysely<Schema>, table: string, rows: SampledRow[]): Promise<void>
  /** The value in the row that was inserted last, or the highest value. PostgreSQL reads the whole table. */
  findNewest<Schema>(db: Kysely<Schema>, table: string, column: string): Promise<number | undefined>
}
