/**
 * In place of zod's own words for faults, in the bundle alone ([alias] in wrangler.toml): whatever a client sends is
 * answered in ours (src/messages), and of a variable only the name is told.
 */
module.exports = () => ({})
