"""OAuth 2.0: authlib's core, carried by Starlette. https://www.rfc-editor.org/rfc/rfc6749"""
