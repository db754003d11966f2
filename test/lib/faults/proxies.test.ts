import { proxies } from './proxies.cases.js'
import { tell } from './story.js'

tell('proxies', proxies)
