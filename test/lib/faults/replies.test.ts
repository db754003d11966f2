import { contents, cuts, garbage, times } from './replies.cases.js'
import { play } from './table.js'

play('times', times)
play('cuts', cuts)
play('garbage', garbage)
play('contents', contents)
