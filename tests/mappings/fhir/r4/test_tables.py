"""R4 as data: what others read of it."""

from mappings.fhir.r4 import tables


def test_every_resource_type() -> None:
    types = tables.resource_types()
    assert len(types) == 146
    assert list(types) == sorted(types)
    assert {"Patient", "ExplanationOfBenefit", "InsurancePlan"} <= types
    assert not types & {"Resource", "DomainResource", "HumanName"}


def test_an_element_has_its_rows_facts() -> None:
    status = next(each for each in tables.members("Claim") if each.name == "status")
    assert (status.min, status.max, status.types) == (1, "1", (tables.Type("code"),))
    assert tables.value_set(status.binding) == {
        "http://hl7.org/fhir/fm-status": frozenset({"active", "cancelled", "draft", "entered-in-error"})
    }
    patient = next(each for each in tables.members("Claim") if each.name == "patient")
    assert patient.types == (tables.Type("Reference", ("Patient",)),)


def test_a_choice_has_a_name_for_each_type() -> None:
    assert tables.children("Claim.item")["serviced"] == (("servicedDate", "date"), ("servicedPeriod", "Period"))


def test_what_repeats_another_element_leads_there() -> None:
    assert tables.children("Questionnaire.item")["item"] == (("item", "Questionnaire.item"),)
    assert tables.children("Parameters.parameter")["part"] == (("part", "Parameters.parameter"),)


def test_a_resource_is_identified_by_an_id() -> None:
    assert tables.children("Patient")["id"] == (("id", "id"),)
    assert tables.children("HumanName")["id"] == (("id", "string"),)


def test_search_parameters_are_the_types_and_those_of_every_resource() -> None:
    found = {each.code: each for each in tables.search_parameters("Claim")}
    assert found["patient"] == tables.SearchParameter("patient", "reference", "Claim.patient", ("Patient",))
    assert found["_lastUpdated"].expression == "Resource.meta.lastUpdated"
    assert list(found) == sorted(found)


def test_every_row_of_the_package_is_there() -> None:
    bases = [*tables.resource_types(), "Resource", "DomainResource"]
    assert sum(len(tables._parameter_rows(base)) for base in bases) == 1721


def test_a_composite_names_its_components() -> None:
    found = {each.code: each for each in tables.search_parameters("Observation")}
    assert found["code-value-quantity"].components == (
        tables.Component("code", "token", "code"),
        tables.Component("value-quantity", "quantity", "value.as(Quantity)"),
    )


def test_compartments() -> None:
    assert tables.compartment("Patient")["Claim"] == ("patient", "payee")
    assert "Organization" not in tables.compartment("Patient")


def test_types_specialise_each_other() -> None:
    assert tables.base_types("Age") == ("Age", "Quantity", "Element")
    assert tables.base_types("Claim") == ("Claim", "DomainResource", "Resource")


def test_what_cannot_be_expanded_is_open() -> None:
    assert tables.value_set("http://hl7.org/fhir/ValueSet/mimetypes") is None
