/** Settles like `work`, or after `milliseconds` with what `onLate` returns or throws. */
export async function withDeadline<T>(work: Promise<T>, milliseconds: number, onLate: () => T): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, milliseconds)
  work.catch(() => undefined) // after the deadline, no caller waits for it
  try {
    return await Promise.race([work, promise.then(onLate)])
  } finally {
    clearTimeout(timer)
  }
}
