"""Opening an app from an EHR: where it is sent, and what it finds there.

https://hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html#launch-app-ehr-launch"""

from authlib.common.urls import add_params_to_uri

from server.auth import clients, launches, users
from server.auth.launches import Launch
from server.store.store import Store


class BadLaunch(ValueError):
    """This cannot be launched; says why."""


def launched(store: Store, launch: Launch, fhir_url: str, actor: str) -> tuple[str, str]:
    """The launch's id, and the address at which the app is opened with it. Raises BadLaunch."""
    client = clients.find(store, launch.client_id)
    if not client or client.tenant != launch.tenant:
        raise BadLaunch("there is no such app")
    if not client.launch_uri:
        raise BadLaunch("the app has no address for launches")
    user = users.find(store, launch.user) if launch.user else None
    if launch.user and (not user or user.tenant != launch.tenant):
        raise BadLaunch("there is no such user")
    id = launches.keep(store, launch, actor)
    return id, add_params_to_uri(client.launch_uri, [("iss", fhir_url), ("launch", id)])
