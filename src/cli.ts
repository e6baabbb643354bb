import { isatty } from 'node:tty'
import { refused, type Answer } from './cli/output'
import { readOrder, type Order } from './cli/parse-args'
import { carryOut } from './cli/commands'
import { openStderr } from './lib/log'
import { findOrStop, messageOf, openOrStop, readOrStop } from './startup'

const MOST_INPUT = 64 * 1024 // characters: more is no password, and `yes |` never ends

const read = readOrder(Bun.argv.slice(2))
process.exit(await print(read.kind === 'answer' ? read.answer : await obey(read.order)))

async function obey(order: Order) {
  const config = order.verb === 'create' ? readOrStop() : findOrStop(readOrStop())
  const deps = await openOrStop(config, { logTo: openStderr() })
  try {
    return await carryOut(deps, order, readInput)
  } catch (error) {
    return refused(`That could not be done: ${messageOf(error)}.`)
  } finally {
    await deps.db.destroy()
  }
}

async function readInput() {
  let text = ''
  if (isatty(0)) return text
  for await (const part of Bun.stdin.stream().pipeThrough(new TextDecoderStream())) {
    text += part
    if (text.length > MOST_INPUT) break
  }
  return text
}

/** Prints an answer and hands back the code to exit with. */
async function print({ code, text }: Answer): Promise<number> {
  try {
    await Bun.write(code === 0 ? Bun.stdout : Bun.stderr, `${text}\n`)
    return code
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return code // `| head` has read enough
    process.stderr.write(`What was done could not be printed: ${messageOf(error)}.\n`)
    return 1
  }
}
