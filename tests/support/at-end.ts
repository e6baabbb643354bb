import { afterAll } from 'bun:test'

const tasks: (() => unknown)[] = []

/** Runs this after the last test file. An `afterAll` of a module runs after the first file that imports the module. */
export const atEnd = (task: () => unknown) => void tasks.push(task)

afterAll(() => Promise.all(tasks.map((task) => task())), 60_000)
