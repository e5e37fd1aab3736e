"""Changes to a resource that are sent instead of the resource. https://hl7.org/fhir/R4/http.html#patch"""
