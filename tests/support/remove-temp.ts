import { afterAll } from 'bun:test'
import { removeTempFolders } from './temp'

// On a busy machine, copies of the repository take longer than the default limit.
afterAll(removeTempFolders, 60_000)
