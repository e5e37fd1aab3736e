"""OpenID Connect: who signed in. https://openid.net/specs/openid-connect-core-1_0.html"""
