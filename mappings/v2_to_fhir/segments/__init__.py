"""A file per segment, each row in the segment's own order: https://hl7.org/fhir/uv/v2mappings/segment_maps.html"""
