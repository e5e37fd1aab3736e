"""UDAP: apps known by certificates that a community of trust has given out.

https://hl7.org/fhir/us/udap-security/STU1/. Whom a site trusts stands in its settings (``[auth] udap_anchors``, with a
certificate and key of the server's own); without them there is none of this. Revocation lists are not fetched."""
