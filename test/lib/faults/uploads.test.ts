import { tell } from './story.js'
import { uploads } from './uploads.cases.js'

tell('uploads', uploads)
