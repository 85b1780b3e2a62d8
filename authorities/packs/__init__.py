"""Policy packs: how an authority, a trust and a school work, read from `policies/` and layered.

A pack is data (docs/adr/0005). What applies at a school on a day is the national pack, then the
authority's, the trust's and the school's: each adds, none relaxes. Every entry keeps the section
of the document it comes from, and the layered answer says which pack each entry came from.

schema    what a pack may say        reading    from folder to checked pack
limits    what no pack may relax     layering   what applies at a school on a day
examples  a pack's own stories       adopting   a pack put in force
"""

from authorities.packs.adopting import CHECKS, Check, adopt, refuse_unfit
from authorities.packs.layering import (
    PLACES,
    Layer,
    PolicyInForce,
    Proposal,
    pack_in_force,
    packs_in_force,
)
from authorities.packs.limits import relaxations
from authorities.packs.reading import NATIONAL, available, load, policies_folder, read
from authorities.packs.schema import (
    Band,
    Clock,
    Entry,
    Pack,
    PackError,
    PackLetter,
    Superseded,
    Trigger,
)

__all__ = [
    "CHECKS",
    "NATIONAL",
    "PLACES",
    "Band",
    "Check",
    "Clock",
    "Entry",
    "Layer",
    "Pack",
    "PackError",
    "PackLetter",
    "PolicyInForce",
    "Proposal",
    "Superseded",
    "Trigger",
    "adopt",
    "available",
    "load",
    "pack_in_force",
    "packs_in_force",
    "policies_folder",
    "read",
    "refuse_unfit",
    "relaxations",
]
