"""Profiles: what a guide demands of a resource beyond R4. https://hl7.org/fhir/R4/profiling.html"""
