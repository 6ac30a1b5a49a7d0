/**
 * In place of the part of zod that writes JSON Schema, in the bundle alone ([alias] in wrangler.toml): 20 KiB that only
 * the making of the OpenAPI document needs, which is done before. CommonJS, so that a name that is missing here is
 * undefined to the bundler, and no fault.
 */
module.exports = {
  // Behind `schema.format`, `schema.minLength` and their like.
  aggregateChecks: () => ({}),
}
