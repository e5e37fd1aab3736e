"""A file per data type of v2, each what it is in FHIR: https://hl7.org/fhir/uv/v2mappings/datatype_maps.html"""
