// Lets Node run this project's TypeScript as it is: sources import './x.js', which here is './x.ts'.
import { registerHooks } from 'node:module'

registerHooks({
  resolve(specifier, context, next) {
    try {
      return next(specifier, context)
    } catch (error) {
      if (error.code === 'ERR_MODULE_NOT_FOUND' && /^\.{1,2}\/.*\.js$/.test(specifier)) {
        return next(specifier.replace(/\.js$/, '.ts'), context)
      }
      throw error
    }
  },
})
