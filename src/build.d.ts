/** Set as the bundle is made ([define] in wrangler.toml): false in what is deployed, so that it carries no inbox. */
declare const HAS_DEV_PAGES: boolean
