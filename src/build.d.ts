/** Set as the bundle is made ([define] in wrangler.toml): false in what is deployed, so that it carries no inbox. */
declare const HAS_DEV_PAGES: boolean

/** Set in the same way: true where the OpenAPI document is made of the routes, whose words nothing else needs. */
declare const HAS_DOCUMENT: boolean
