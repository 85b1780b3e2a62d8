"""After a penalty notice was issued: withdrawing it, what a parent may say, and money back."""

import enum


class Ground(enum.StrEnum):
    """Why a penalty notice is withdrawn. The law knows these and no other.

    The first three are open at any time before a conviction. The last is a duty: a notice that is
    neither paid nor prosecuted is withdrawn.
    """

    OUGHT_NOT = "ought_not"
    WRONG_PERSON = "wrong_person"
    MATERIAL_ERROR = "material_error"
    NO_PROSECUTION = "no_prosecution"
