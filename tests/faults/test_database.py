"""The distributed store while its database is killed, frozen, cut off, slow, or loses what it answers.

On ../shared/documentdb: FerretDB as the gateway, DocumentDB on PostgreSQL as the database. What is done to them here is
done while servers of several processes, which race for the same journal, are fed over 8 connections."""

import os
import signal

import pytest

from interfaces.chaos.run import VICTIMS, Trial, chaos

STRIKES = int(os.environ.get("CAUSEWAY_FAULTS_STRIKES", "6"))

pytestmark = [pytest.mark.faults, pytest.mark.mongodb, pytest.mark.timeout(600), pytest.mark.xdist_group("database")]

FAULTS = {
    "the gateway is killed": lambda database, proxy: database.send("gateway", signal.SIGKILL),
    "the database is killed": lambda database, proxy: database.send("postgres", signal.SIGKILL),
    "the gateway is frozen": lambda database, proxy: database.freeze("gateway", 1.5),
    "the database is frozen": lambda database, proxy: database.freeze("postgres", 1.5),
    "the network is cut": lambda database, proxy: proxy.cut(1.0),
    "the network is slow": lambda database, proxy: proxy.slow(0.2, 1.0),
    "replies are lost": lambda database, proxy: proxy.lose_replies(0.4),
}


def url(port, name):
    return f"mongodb://127.0.0.1:{port}/{name}"


def kept(report, strikes):
    assert report.found == []
    assert sum(report.kills.values()) == strikes
    assert report.acknowledged > 0


@pytest.mark.parametrize("what", FAULTS)
def test_nothing_is_lost_or_doubled_when(database, proxy, what):
    victims = {what: lambda server: FAULTS[what](database, proxy)}
    name = "".join(each for each in what if each.isalpha())
    kept(chaos(url(proxy.port, name), Trial(STRIKES, pause=3.0, victims=victims, often=(what,))), STRIKES)


def test_nothing_is_lost_or_doubled_when_all_of_it_happens_and_servers_are_killed_too(database, proxy):
    hurt = {what: lambda server, what=what: FAULTS[what](database, proxy) for what in FAULTS}
    trial = Trial(3 * STRIKES, seed=2, pause=2.0, victims={**hurt, **VICTIMS}, often=(*FAULTS, *VICTIMS))
    kept(chaos(url(proxy.port, "everything"), trial), 3 * STRIKES)


def test_servers_are_killed_on_the_database_that_is_named(mongodb_databases):
    kept(chaos(mongodb_databases(), Trial(STRIKES, seed=3)), STRIKES)
