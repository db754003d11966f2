import { calls, kept, streams } from './calls.cases.js'
import { lists, waits } from './lists.cases.js'
import { tell } from './story.js'

tell('kept connections', kept)
tell('calls', calls)
tell('streams', streams)
tell('lists', lists)
tell('waits', waits)
