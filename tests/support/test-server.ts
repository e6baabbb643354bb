import { SQL } from 'bun'

/** A PostgreSQL server for tests. Without it, they run on SQLite. */
export const testServer = process.env.TEST_POSTGRES

// All processes of one run have names with the same start, so that its parent drops what they created.
const run = `test_${process.env.TEST_RUN ?? process.pid}_`
let created = 0

// By default, PostgreSQL writes each page of a new database to its log, which takes three times the processor time.
const STRATEGY = 'strategy file_copy'

/** The URL of a new, empty database. The run drops it. */
export async function createEmptyDatabase(server: string) {
  const name = `${run}${process.pid}_${++created}`
  await runOn(server, `create database ${name} ${STRATEGY}`)
  return urlOf(server, name)
}

/** The URL of a new database with the tables and rows of another one, to which nothing is connected. */
export async function copyDatabase(server: string, url: string) {
  const name = `${run}${process.pid}_${++created}`
  await runOn(server, `create database ${name} template ${nameOf(url)} ${STRATEGY}`)
  return urlOf(server, name)
}

/** Those of this run. Its parent runs this file. */
export async function dropDatabases(server: string) {
  const connection = new SQL({ url: server, max: 1 })
  const names: { datname: string }[] =
    await connection`select datname from pg_database where starts_with(datname, ${run})`
  for (const { datname } of names) await connection.unsafe(`drop database ${datname} with (force)`)
  await connection.close()
}

async function runOn(server: string, statement: string) {
  const connection = new SQL({ url: server, max: 1 })
  await connection.unsafe(statement)
  await connection.close()
}

const nameOf = (url: string) => new URL(url).pathname.slice(1)

function urlOf(server: string, name: string) {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

if (import.meta.main && testServer) await dropDatabases(testServer)
