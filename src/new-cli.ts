import { join } from 'node:path'
import { createFeature } from './cli/new-feature'
import { failure } from './cli/output'
import { parseNewArgs } from './cli/parse-new-args'
import { exitWithOutput, messageOf } from './startup'

const parsed = parseNewArgs(Bun.argv.slice(2))
await exitWithOutput(typeof parsed === 'string' ? main(parsed) : parsed)

function main(name: string) {
  try {
    return createFeature(join(import.meta.dir, '..'), name)
  } catch (error) {
    return failure(`new feature failed: ${messageOf(error)}`)
  }
}
