"""What a password must be: long, and nothing that everybody tries first.

No rules about capitals and signs: they make passwords harder to remember, not harder to guess.
"""

from collections.abc import Iterable
from dataclasses import dataclass

SHORTEST = 10
LONGEST = 1_000
FEWEST_DIFFERENT = 4

# Of the passwords that leak most often, those that are long enough to pass. Compared without capitals, and without what
# people add at the end to satisfy a form.
COMMON = frozenset(
    """
    1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc 3rjs1la7qe a1b2c3d4e5 abcdefghij abcdefghijk administrador
    administrator adminadmin alexander1 asdfasdfasdf asdfghjkl asdfghjklo azertyuiop barcelona basketball bismillah
    butterfly1 changeme changemenow chocolate1 christopher computer12 contraseña contrasena contraseña1 dragondragon
    elizabeth1 facebook facebook12 february football football12 hellohello helloworld iloveyou iloveyou12 iloveyouso
    internet12 jennifer12 letmein letmeinnow liverpool1 manchester masterkey mexico mexicomexico michelle12
    minhasenha monkeymonkey mynameis motdepasse newpassword nothing123 passpass passw0rd passwd passwort password
    passwordpassword password12 p@ssw0rd p@ssword pokemonpokemon princesa princess princess12 qazwsxedc qazwsxedcrfv
    q1w2e3r4t5 q1w2e3r4t5y6 qwerasdfzxcv qwerty qwerty123456 qwertyqwerty qwertyuiop qwertyuiop1 secretsecret senhasenha
    sunshine superman12 superstar1 teamo teamomucho tequiero tequieromucho trustno1 welcome welcome123 whatever
    whatsapp whatsapp123 yourpassword zaq12wsx zxcvbnm zxcvbnmasd
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
SEQUENCES = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")


@dataclass(frozen=True, slots=True)
class Fault:
    code: str
    sentence: str


UNCHANGED = Fault("password_unchanged", "Choose another one than the one that you have.")


def faults(password: str, *, names: Iterable[str]) -> list[Fault]:
    """What is wrong with it; nothing when it will do. `names` are the user's own: name, user name, e-mail address."""
    if len(password) < SHORTEST:
        return [Fault("password_too_short", f"A password has {SHORTEST} characters or more.")]
    found = []
    if len(password) > LONGEST:
        found.append(Fault("password_too_long", f"A password has {LONGEST} characters at most."))
    if len(set(password)) < FEWEST_DIFFERENT:
        found.append(Fault("password_too_simple", "A password is made of more than three different characters."))
    if _is_own_name(password, names):
        found.append(Fault("password_is_name", "A password is not the user's own name or address."))
    if _is_common(password):
        found.append(Fault("password_too_common", "This is one of the passwords that everybody tries first."))
    return found


def _is_own_name(password: str, names: Iterable[str]) -> bool:
    taken = set()
    for name in filter(None, names):
        taken |= {name.casefold(), name.partition("@")[0].casefold()}
    plain = password.casefold()
    return plain in taken or _core(plain) in taken


def _is_common(password: str) -> bool:
    plain = password.casefold()
    core = _core(plain)
    is_run = any(plain in row or plain in row[::-1] for row in SEQUENCES)
    return plain in COMMON or core in COMMON or is_run


def _core(text: str) -> str:
    """Without the digits and signs at its end."""
    return text.rstrip("0123456789!?.,-_*#$@+ ")
