import { SQL } from 'bun'

type Answer = { command?: string } | Error | undefined

export const postgresError = (errno: string) =>
  new SQL.PostgresError(`error ${errno}`, {
    code: 'ERR_POSTGRES_SERVER_ERROR',
    errno,
    detail: '',
    hint: '',
    severity: '',
  })

export const connectionError = (code: string) =>
  new SQL.PostgresError(code, { code: `ERR_POSTGRES_CONNECTION_${code}`, detail: '', hint: '', severity: '' })

/** A pool of connections without a server. A statement with the answer undefined waits without end. */
export function fakePool(answer: (text: string) => Answer = () => ({})) {
  const calls: string[] = []
  const unsafe = (text: string) => {
    calls.push(text)
    return {
      execute: () => {
        const given = answer(text)
        if (given === undefined) return new Promise(() => undefined)
        return given instanceof Error ? Promise.reject(given) : Promise.resolve(Object.assign([], given))
      },
      cancel: () => void calls.push(`cancel ${text}`),
    }
  }
  const close = async () => void calls.push('close')
  const release = () => void calls.push('release')
  const reserve = async () =>
    Object.assign((texts: TemplateStringsArray) => unsafe(texts.join('')), { unsafe, close, release })
  return { calls, pool: { unsafe, close, reserve } as unknown as SQL }
}
