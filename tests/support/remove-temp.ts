import { afterAll } from 'bun:test'
import { removeTempFolders } from './temp'

afterAll(removeTempFolders)
