/** What processes with the same database agree on. */
export interface ClusterTables {
  /** A row gives one process a job until `expires_at`. */
  leases: {
    name: string
    /** The random id of the process. */
    holder: string
    expires_at: number
  }
  /** Migrations that older versions cannot work with: a version without one of them does not start. */
  schema_floor: {
    name: string
  }
}
