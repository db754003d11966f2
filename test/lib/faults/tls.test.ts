import { tell } from './story.js'
import { certificates } from './tls.cases.js'

tell('TLS', certificates)
