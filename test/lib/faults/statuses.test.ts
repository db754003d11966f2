import { redirects, statuses } from './statuses.cases.js'
import { play } from './table.js'

play('statuses', statuses)
play('redirects', redirects)
