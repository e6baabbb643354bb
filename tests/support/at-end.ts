import { afterAll } from 'bun:test'

const tasks: (() => unknown)[] = []

/** A worker of a parallel run calls the hooks of preloads after each of its files. Its parent cleans up. */
export const isWorker = process.env.BUN_TEST_WORKER_ID !== undefined

/** Runs this after the last test file. An `afterAll` of a module runs after the first file that imports the module. */
export const atEnd = (task: () => unknown) => void tasks.push(task)

// On a busy machine, copies of the repository take longer to remove than the default limit.
if (!isWorker) afterAll(() => Promise.all(tasks.map((task) => task())), 60_000)
