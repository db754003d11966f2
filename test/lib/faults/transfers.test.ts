import { tell } from './story.js'
import { canMount, downloads, sources } from './transfers.cases.js'

tell(
  'downloads',
  downloads.filter(({ wire }) => canMount || !wire.startsWith('the disk is full')),
)
tell('sources', sources)
