import { atEnd } from './at-end'
import { removeTempFolders } from './temp'

atEnd(removeTempFolders)
