/**
 * In place of what drizzle-orm has for relational queries and for tables whose columns a function makes, in the bundle
 * alone ([alias] in wrangler.toml): nothing here uses either. CommonJS, so that a name that is missing here is undefined
 * to the bundler, and no fault.
 */
module.exports = {}
