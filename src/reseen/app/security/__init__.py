"""Who comes in, and from where: tokens, sign-ins, foreign sites, headers, the end of what was revoked."""
