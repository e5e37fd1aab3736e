"""An app asks to end the session. https://openid.net/specs/openid-connect-rpinitiated-1_0.html"""

from starlette.responses import Response

from server.auth.oidc.end_session import asked_by
from server.auth.pages.page import Told, Visit, redirect, render
from server.auth.pages.sign_in import out
from server.auth.sessions import end


def shown(visit: Visit) -> Response:
    """At once when the app shows whose session it is; else the person is asked."""
    asked = asked_by(visit.authority, {**visit.query, **visit.form})
    if asked is None:
        raise Told(400, "This cannot be answered", "The app's request to sign you out is not valid.")
    if not visit.session or not visit.user:
        return redirect(asked.leads_to) if asked.leads_to else out(visit)
    if asked.sub != visit.user.sub:
        return render(visit, "sign_out.html")
    end(visit.authority.store, visit.session)
    return redirect(asked.leads_to) if asked.leads_to else out(visit)
